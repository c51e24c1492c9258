/* processor.c - the three processors whose unwinding is tested. */
#include "processor.h"
#include "base/bytes.h"
#include "symbols/pe.h"
#include <unicorn/unicorn.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const int amd64_registers[] = {UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX, UC_X86_REG_RSP, UC_X86_REG_RBP,
                                      UC_X86_REG_RSI, UC_X86_REG_RDI, UC_X86_REG_R8,  UC_X86_REG_R9,  UC_X86_REG_R10, UC_X86_REG_R11,
                                      UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15, UC_X86_REG_RIP};
static const int x86_registers[] = {UC_X86_REG_EAX, UC_X86_REG_ECX, UC_X86_REG_EDX, UC_X86_REG_EBX, UC_X86_REG_ESP,
                                    UC_X86_REG_EBP, UC_X86_REG_ESI, UC_X86_REG_EDI, UC_X86_REG_EIP};
static const int arm64_registers[] = {
    UC_ARM64_REG_X0,  UC_ARM64_REG_X1,  UC_ARM64_REG_X2,  UC_ARM64_REG_X3,  UC_ARM64_REG_X4,  UC_ARM64_REG_X5,  UC_ARM64_REG_X6,
    UC_ARM64_REG_X7,  UC_ARM64_REG_X8,  UC_ARM64_REG_X9,  UC_ARM64_REG_X10, UC_ARM64_REG_X11, UC_ARM64_REG_X12, UC_ARM64_REG_X13,
    UC_ARM64_REG_X14, UC_ARM64_REG_X15, UC_ARM64_REG_X16, UC_ARM64_REG_X17, UC_ARM64_REG_X18, UC_ARM64_REG_X19, UC_ARM64_REG_X20,
    UC_ARM64_REG_X21, UC_ARM64_REG_X22, UC_ARM64_REG_X23, UC_ARM64_REG_X24, UC_ARM64_REG_X25, UC_ARM64_REG_X26, UC_ARM64_REG_X27,
    UC_ARM64_REG_X28, UC_ARM64_REG_X29, UC_ARM64_REG_X30, UC_ARM64_REG_SP,  UC_ARM64_REG_PC};

static bool x86_is_call(const uint8_t *code)
{
    return code[0] == 0xe8 || (code[0] == 0xff && (code[1] >> 3 & 7) == 2);
}
static bool amd64_is_call(const uint8_t *code)
{
    return x86_is_call((code[0] & 0xf0) == 0x40 ? code + 1 : code);
}
static bool x86_is_return(const uint8_t *code)
{
    return code[0] == 0xc3 || code[0] == 0xc2 || (code[0] == 0xf3 && code[1] == 0xc3);
}
static bool arm64_is_call(const uint8_t *code)
{
    return bytes_u32(code) >> 26 == 0x25 || (bytes_u32(code) & 0xfffffc1f) == 0xd63f0000;
}
static bool arm64_is_return(const uint8_t *code)
{
    return (bytes_u32(code) & 0xfffffc1f) == 0xd65f0000;
}

static const struct processor processors[] = {
    {CPU_AMD64, UC_ARCH_X86, UC_MODE_64, amd64_registers, COUNT(amd64_registers), UC_X86_REG_XMM0, 0x1f0f8, 0xffc0, 2, 8, amd64_is_call,
     x86_is_return},
    {CPU_X86, UC_ARCH_X86, UC_MODE_32, x86_registers, COUNT(x86_registers), 0, 0x1f8, 0, 0, 4, x86_is_call, x86_is_return},
    {CPU_ARM64, UC_ARCH_ARM64, UC_MODE_ARM, arm64_registers, COUNT(arm64_registers), UC_ARM64_REG_V0, 0x1bff80000, 0xff00, 1, 0,
     arm64_is_call, arm64_is_return},
};

const struct processor *processor_find(uint16_t machine)
{
    switch (machine) {
    case PE_MACHINE_X64:
        return &processors[0];
    case PE_MACHINE_X86:
        return &processors[1];
    case PE_MACHINE_ARM64:
        return &processors[2];
    default:
        return NULL;
    }
}
