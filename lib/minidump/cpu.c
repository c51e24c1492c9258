/* cpu.c - register tables, and CONTEXT records turned into them (offsets from winnt.h). */
#include "minidump/cpu.h"
#include "base/bytes.h"
#include <string.h>

static const char *const amd64_registers[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8",
                                              "r9",  "r10", "r11", "r12", "r13", "r14", "r15", "rip", "eflags"};
static const char *const x86_registers[] = {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eip", "eflags"};
static const char *const arm64_registers[] = {"x0",  "x1",  "x2",  "x3",  "x4",  "x5",  "x6",  "x7",  "x8",  "x9",  "x10", "x11",
                                              "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23",
                                              "x24", "x25", "x26", "x27", "x28", "fp",  "lr",  "sp",  "pc",  "cpsr"};

static const struct cpu_layout layouts[CPU_COUNT] = {
    [CPU_UNKNOWN] = {"unknown", NULL, 0, 0, 8, 0, 0},
    [CPU_X86] = {"x86", x86_registers, 10, 10, 4, CPU_X86_EIP, CPU_X86_ESP},
    [CPU_AMD64] = {"amd64", amd64_registers, 18, 17, 8, CPU_AMD64_RIP, CPU_AMD64_RSP},
    [CPU_ARM] = {"arm", NULL, 0, 0, 4, 0, 0},
    [CPU_ARM64] = {"arm64", arm64_registers, 34, 33, 8, CPU_ARM64_PC, CPU_ARM64_SP},
};

const struct cpu_layout *cpu_layout(enum cpu cpu)
{
    return (unsigned)cpu < CPU_COUNT ? &layouts[cpu] : &layouts[CPU_UNKNOWN];
}

static uint64_t register_or_zero(const struct cpu_state *state, unsigned number)
{
    return cpu_layout(state->cpu)->registers && cpu_has(state, number) ? state->values[number] : 0;
}

uint64_t cpu_ip(const struct cpu_state *state)
{
    return register_or_zero(state, cpu_layout(state->cpu)->ip);
}

uint64_t cpu_sp(const struct cpu_state *state)
{
    return register_or_zero(state, cpu_layout(state->cpu)->sp);
}

/* Where a CONTEXT keeps one register. group: the flag bit that announces it (1 CONTROL, 2 INTEGER in all three layouts). */
struct field {
    uint16_t offset;
    uint8_t group, number;
};

static const struct field amd64_fields[] = {
    {0x78, 2, 0}, {0x80, 2, 1},  {0x88, 2, 2},  {0x90, 2, 3},  {0x98, 1, 4},  {0xa0, 2, 5},  {0xa8, 2, 6},  {0xb0, 2, 7},  {0xb8, 2, 8},
    {0xc0, 2, 9}, {0xc8, 2, 10}, {0xd0, 2, 11}, {0xd8, 2, 12}, {0xe0, 2, 13}, {0xe8, 2, 14}, {0xf0, 2, 15}, {0xf8, 1, 16},
};
static const struct field x86_fields[] = {
    {0xb0, 2, 0}, {0xac, 2, 1}, {0xa8, 2, 2}, {0xa4, 2, 3}, {0xc4, 1, 4},
    {0xb4, 1, 5}, {0xa0, 2, 6}, {0x9c, 2, 7}, {0xb8, 1, 8}, {0xc0, 1, 9},
};

#define CONTEXT_CONTROL        1u
#define CONTEXT_INTEGER        2u
#define CONTEXT_FLOATING_POINT 8u

#define AMD64_XMM 0x1a0u /* where a CONTEXT keeps xmm0; the others follow */
#define ARM64_V   0x110u /* v0 */

#define CONTEXT_ARM64_FLOATING_POINT 4u

static void fields_decode(const struct field *fields, size_t count, unsigned bytes, uint32_t flags, const uint8_t *context,
                          struct cpu_state *state)
{
    for (size_t i = 0; i < count; i++) {
        const uint8_t *at = context + fields[i].offset;

        if (flags & fields[i].group)
            cpu_set(state, fields[i].number, bytes == 8 ? bytes_u64(at) : bytes_u32(at));
    }
}

static void vectors_decode(const uint8_t *xmm, struct cpu_state *state)
{
    for (unsigned i = 0; i < CPU_MAX_VECTORS; i++, xmm += 16)
        cpu_set_vector(state, i, (struct cpu_vector){bytes_u64(xmm), bytes_u64(xmm + 8)});
}

static const char *amd64_decode(const uint8_t *context, size_t size_bytes, struct cpu_state *state)
{
    uint32_t flags;

    if (size_bytes < 0x100)
        return "the register record is too short for amd64";
    flags = bytes_u32(context + 0x30);
    if (!(flags & 0x00100000))
        return "the register record is not one of amd64";
    fields_decode(amd64_fields, sizeof(amd64_fields) / sizeof(amd64_fields[0]), 8, flags, context, state);
    if (flags & CONTEXT_CONTROL)
        cpu_set(state, CPU_AMD64_FLAGS, bytes_u32(context + 0x44));
    if (flags & CONTEXT_FLOATING_POINT && size_bytes >= AMD64_XMM + 16u * CPU_MAX_VECTORS)
        vectors_decode(context + AMD64_XMM, state);
    return NULL;
}

static const char *x86_decode(const uint8_t *context, size_t size_bytes, struct cpu_state *state)
{
    uint32_t flags;

    if (size_bytes < 0xcc)
        return "the register record is too short for x86";
    flags = bytes_u32(context);
    if (!(flags & 0x00010000))
        return "the register record is not one of x86";
    fields_decode(x86_fields, sizeof(x86_fields) / sizeof(x86_fields[0]), 4, flags, context, state);
    return NULL;
}

/* x0 to x28 are INTEGER; fp, lr, sp and pc are CONTROL, as is cpsr. */
static const char *arm64_decode(const uint8_t *context, size_t size_bytes, struct cpu_state *state)
{
    uint32_t flags;

    if (size_bytes < 0x110)
        return "the register record is too short for arm64";
    flags = bytes_u32(context);
    if (!(flags & 0x00400000))
        return "the register record is not one of arm64";
    for (unsigned i = 0; i <= CPU_ARM64_PC; i++)
        if (flags & (i < CPU_ARM64_FP ? CONTEXT_INTEGER : CONTEXT_CONTROL))
            cpu_set(state, i, bytes_u64(context + 8 + 8 * i));
    if (flags & CONTEXT_CONTROL)
        cpu_set(state, CPU_ARM64_FLAGS, bytes_u32(context + 4));
    if (flags & CONTEXT_ARM64_FLOATING_POINT && size_bytes >= ARM64_V + 16u * CPU_MAX_VECTORS)
        vectors_decode(context + ARM64_V, state);
    return NULL;
}

const char *cpu_context_decode(enum cpu cpu, const uint8_t *context, size_t size_bytes, struct cpu_state *ret)
{
    struct cpu_state state = {.cpu = cpu};
    const char *why;

    switch (cpu) {
    case CPU_AMD64:
        why = amd64_decode(context, size_bytes, &state);
        break;
    case CPU_X86:
        why = x86_decode(context, size_bytes, &state);
        break;
    case CPU_ARM64:
        why = arm64_decode(context, size_bytes, &state);
        break;
    default:
        why = "registers of this processor are not decoded";
        break;
    }
    if (why)
        return why;
    if (!state.valid)
        return "the register record announces no registers";
    *ret = state;
    return NULL;
}
