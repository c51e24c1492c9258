/* machine.c - the emulated processor (libunicorn) and the shadow stack of true callers. */
#include "machine.h"
#include <string.h>
#include <unicorn/unicorn.h>

#define STACK_TOP   0x7ff000000ull
#define STACK_BYTES 0x400000u
#define PAGE_MASK   0xfffu
#define VECTORS     16

static const int integer_ids[] = {UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX, UC_X86_REG_RSP, UC_X86_REG_RBP,
                                  UC_X86_REG_RSI, UC_X86_REG_RDI, UC_X86_REG_R8,  UC_X86_REG_R9,  UC_X86_REG_R10, UC_X86_REG_R11,
                                  UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15, UC_X86_REG_RIP};

static void state_load(struct machine *machine)
{
    uint64_t value, vector[2];

    machine->state.cpu = CPU_AMD64;
    for (unsigned i = 0; i < sizeof(integer_ids) / sizeof(integer_ids[0]); i++) {
        uc_reg_read(machine->engine, integer_ids[i], &value);
        cpu_set(&machine->state, i, value);
    }
    for (unsigned i = 0; i < VECTORS; i++) {
        uc_reg_read(machine->engine, UC_X86_REG_XMM0 + (int)i, vector);
        cpu_set_vector(&machine->state, i, (struct cpu_vector){vector[0], vector[1]});
    }
}

static void register_write(struct machine *machine, unsigned number, uint64_t value)
{
    uc_reg_write(machine->engine, integer_ids[number], &value);
    cpu_set(&machine->state, number, value);
}

static const char *sections_map(struct machine *machine, struct span file, uint32_t nt)
{
    uint32_t headers = bytes_u32(file.data + nt + 24 + 60);
    uint16_t count = bytes_u16(file.data + nt + 6);
    const uint8_t *section = file.data + nt + 24 + bytes_u16(file.data + nt + 20);

    machine->size_bytes = (bytes_u32(file.data + nt + 24 + 56) + PAGE_MASK) & ~PAGE_MASK;
    machine->base = bytes_u64(file.data + nt + 24 + 24);
    if (uc_mem_map(machine->engine, machine->base, machine->size_bytes, UC_PROT_ALL) != UC_ERR_OK ||
        uc_mem_write(machine->engine, machine->base, file.data, headers) != UC_ERR_OK)
        return "the image could not be mapped";
    for (; count; count--, section += 40) {
        uint32_t size = bytes_u32(section + 16), offset = bytes_u32(section + 20);

        if (!span_has(file, offset, size) ||
            uc_mem_write(machine->engine, machine->base + bytes_u32(section + 12), file.data + offset, size) != UC_ERR_OK)
            return "a section could not be loaded";
    }
    return NULL;
}

static void registers_begin(struct machine *machine, uint64_t entry)
{
    uint64_t vector[2];

    for (unsigned i = 0; i < 16; i++)
        register_write(machine, i, 0x1000000000000000ull + i * 0x0101010101ull);
    for (unsigned i = 0; i < VECTORS; i++) {
        vector[0] = 0x2000000000000000ull + i;
        vector[1] = 0x3000000000000000ull + i;
        uc_reg_write(machine->engine, UC_X86_REG_XMM0 + (int)i, vector);
    }
    register_write(machine, CPU_AMD64_RSP, STACK_TOP - 0x1008); /* on it the return address of nobody: 0 */
    register_write(machine, CPU_AMD64_RIP, entry);
    state_load(machine);
}

const char *machine_open(struct machine *ret, struct span file)
{
    const char *why;
    uint32_t nt;

    memset(ret, 0, sizeof(*ret));
    if (!span_u32(file, 60, &nt) || !span_has(file, nt, 24 + 240))
        return "the file is no PE image";
    if (uc_open(UC_ARCH_X86, UC_MODE_64, (uc_engine **)&ret->engine) != UC_ERR_OK)
        return "the emulator could not be opened";
    if (uc_mem_map(ret->engine, STACK_TOP - STACK_BYTES, STACK_BYTES, UC_PROT_READ | UC_PROT_WRITE) != UC_ERR_OK)
        return "the stack could not be mapped";
    why = sections_map(ret, file, nt);
    if (why)
        return why;
    registers_begin(ret, ret->base + bytes_u32(file.data + nt + 24 + 16));
    ret->depth = 1;
    return NULL;
}

void machine_close(struct machine *machine)
{
    if (machine->engine)
        uc_close(machine->engine);
    machine->engine = NULL;
}

bool machine_read(struct machine *machine, uint64_t address, void *ret, size_t size)
{
    return uc_mem_read(machine->engine, address, ret, size) == UC_ERR_OK;
}

static const char *caller_push(struct machine *machine, const struct cpu_state *state, uint64_t ip, uint64_t sp)
{
    struct cpu_state *caller;

    if (machine->depth == MACHINE_MAX_DEPTH)
        return "the calls are too deep";
    caller = &machine->callers[machine->depth++];
    *caller = *state;
    cpu_set(caller, CPU_AMD64_RIP, ip);
    cpu_set(caller, CPU_AMD64_RSP, sp);
    return NULL;
}

static const char *interrupt(struct machine *machine, bool has_error_code)
{
    uint64_t sp = cpu_sp(&machine->state), ip = cpu_ip(&machine->state) + 2;
    uint64_t frame[6] = {0xe, ip, 0x33, 0x202, sp, 0x2b};
    uint64_t to = sp - sizeof(frame);
    const char *why = caller_push(machine, &machine->state, ip, sp);

    if (why)
        return why;
    to += has_error_code ? 0 : 8;
    if (uc_mem_write(machine->engine, to, has_error_code ? frame : frame + 1, sizeof(frame) - (has_error_code ? 0 : 8)) != UC_ERR_OK)
        return "the machine frame could not be written";
    register_write(machine, CPU_AMD64_RSP, to);
    register_write(machine, CPU_AMD64_RIP, machine->state.values[0]);
    return NULL;
}

static const char *interrupt_return(struct machine *machine)
{
    uint64_t frame[4];

    if (machine->depth < 2 || !machine_read(machine, machine->state.values[2], frame, sizeof(frame)))
        return "there is no machine frame to return to";
    machine->depth--;
    register_write(machine, CPU_AMD64_RSP, frame[3]);
    register_write(machine, CPU_AMD64_RIP, frame[0]);
    return NULL;
}

/* The kinds of instructions that change who the callers are. */
static bool is_call(const uint8_t *code)
{
    if ((code[0] & 0xf0) == 0x40)
        code++;
    return code[0] == 0xe8 || (code[0] == 0xff && (code[1] >> 3 & 7) == 2);
}
static bool is_return(const uint8_t *code)
{
    return code[0] == 0xc3 || code[0] == 0xc2 || (code[0] == 0xf3 && code[1] == 0xc3);
}

const char *machine_step(struct machine *machine, bool *ret_ended)
{
    struct cpu_state before = machine->state;
    uint64_t ip = cpu_ip(&before), return_address;
    uint8_t code[16] = {0};
    const char *why = NULL;

    machine_read(machine, ip, code, sizeof(code));
    *ret_ended = machine->depth == 1 && is_return(code); /* there is nobody to return to */
    if (*ret_ended)
        return NULL;
    if (code[0] == 0xcd && (code[1] == 0x41 || code[1] == 0x43)) {
        why = interrupt(machine, code[1] == 0x41);
    } else if (code[0] == 0xcd && code[1] == 0x42) {
        why = interrupt_return(machine);
    } else {
        if (uc_emu_start(machine->engine, ip, UINT64_MAX, 0, 1) != UC_ERR_OK)
            return "an instruction could not run";
        state_load(machine);
        if (is_call(code) && machine_read(machine, cpu_sp(&machine->state), &return_address, 8))
            why = caller_push(machine, &before, return_address, cpu_sp(&before));
        else if (is_return(code))
            machine->depth--;
    }
    return why;
}
