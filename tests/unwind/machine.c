/* machine.c - the emulated processor (libunicorn) and the shadow stack of true callers. */
#include "machine.h"
#include <string.h>
#include <unicorn/unicorn.h>

#define STACK_TOP   0x7f000000ull
#define STACK_BYTES 0x400000u
#define PAGE_MASK   0xfffu

#define PACIBSP        0xd503237fu
#define AUTIBSP        0xd50323ffu
#define SIGNATURE      0x7a80000000000000ull
#define FLOATING_POINT (3ull << 20) /* in CPACR_EL1: no trap */

static void state_load(struct machine *machine)
{
    const struct processor *processor = machine->processor;
    uint64_t vector[2];

    machine->state.cpu = processor->cpu;
    for (unsigned i = 0; i < processor->register_count; i++) {
        uint64_t value = 0;

        uc_reg_read(machine->engine, processor->registers[i], &value);
        cpu_set(&machine->state, i, value);
    }
    for (unsigned i = 0; processor->first_vector && i < CPU_MAX_VECTORS; i++) {
        uc_reg_read(machine->engine, processor->first_vector + (int)i, vector);
        cpu_set_vector(&machine->state, i, (struct cpu_vector){vector[0], vector[1]});
    }
}

static void register_write(struct machine *machine, unsigned number, uint64_t value)
{
    uc_reg_write(machine->engine, machine->processor->registers[number], &value);
    cpu_set(&machine->state, number, value);
}

static void ip_write(struct machine *machine, uint64_t value)
{
    register_write(machine, cpu_layout(machine->processor->cpu)->ip, value);
}

static void sp_write(struct machine *machine, uint64_t value)
{
    register_write(machine, cpu_layout(machine->processor->cpu)->sp, value);
}

static const char *sections_map(struct machine *machine, struct span file, uint32_t nt)
{
    uint32_t headers = bytes_u32(file.data + nt + 24 + 60);
    uint16_t count = bytes_u16(file.data + nt + 6);
    const uint8_t *section = file.data + nt + 24 + bytes_u16(file.data + nt + 20);

    machine->size_bytes = (bytes_u32(file.data + nt + 24 + 56) + PAGE_MASK) & ~PAGE_MASK;
    machine->base = machine->processor->cpu == CPU_X86 ? bytes_u32(file.data + nt + 24 + 28) : bytes_u64(file.data + nt + 24 + 24);
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
    const struct processor *processor = machine->processor;
    uint64_t vector[2], floating_point = FLOATING_POINT;

    if (processor->cpu == CPU_ARM64)
        uc_reg_write(machine->engine, UC_ARM64_REG_CPACR_EL1, &floating_point);
    for (unsigned i = 0; i + 1 < processor->register_count; i++)
        register_write(machine, i, (processor->cpu == CPU_X86 ? 0x10000000u : 0x1000000000000000ull) + i * 0x010101u);
    for (unsigned i = 0; processor->first_vector && i < CPU_MAX_VECTORS; i++) {
        vector[0] = 0x2000000000000000ull + i;
        vector[1] = 0x3000000000000000ull + i;
        uc_reg_write(machine->engine, processor->first_vector + (int)i, vector);
    }
    sp_write(machine, STACK_TOP - 0x1000 - processor->call_bytes); /* on it the return address of nobody: 0 */
    if (processor->cpu == CPU_ARM64)
        register_write(machine, CPU_ARM64_LR, 0);
    ip_write(machine, entry);
    state_load(machine);
}

const char *machine_open(struct machine *ret, struct span file)
{
    const char *why;
    uint32_t nt;

    memset(ret, 0, sizeof(*ret));
    if (!span_u32(file, 60, &nt) || !span_has(file, nt, 24 + 240))
        return "the file is no PE image";
    ret->processor = processor_find(bytes_u16(file.data + nt + 4));
    if (!ret->processor)
        return "no test for this processor";
    if (uc_open(ret->processor->architecture, ret->processor->mode, (uc_engine **)&ret->engine) != UC_ERR_OK)
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
    const struct cpu_layout *layout = cpu_layout(state->cpu);
    struct cpu_state *caller;

    if (machine->depth == MACHINE_MAX_DEPTH)
        return "the calls are too deep";
    caller = &machine->callers[machine->depth++];
    *caller = *state;
    cpu_set(caller, layout->ip, ip);
    cpu_set(caller, layout->sp, sp);
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
    sp_write(machine, to);
    ip_write(machine, machine->state.values[0]);
    return NULL;
}

static const char *interrupt_return(struct machine *machine)
{
    uint64_t frame[4];

    if (machine->depth < 2 || !machine_read(machine, machine->state.values[2], frame, sizeof(frame)))
        return "there is no machine frame to return to";
    machine->depth--;
    sp_write(machine, frame[3]);
    ip_write(machine, frame[0]);
    return NULL;
}

/* What the machine does itself. */
static bool is_kernel_work(struct machine *machine, const uint8_t *code, const char **ret_why)
{
    uint64_t lr = machine->state.values[CPU_ARM64_LR];

    if (machine->processor->cpu == CPU_ARM64) {
        if (bytes_u32(code) != PACIBSP && bytes_u32(code) != AUTIBSP)
            return false;
        register_write(machine, CPU_ARM64_LR, bytes_u32(code) == PACIBSP ? lr | SIGNATURE : lr & ~SIGNATURE);
        ip_write(machine, cpu_ip(&machine->state) + 4);
        return true;
    }
    if (code[0] != 0xcd || code[1] < 0x41 || code[1] > 0x43)
        return false;
    *ret_why = code[1] == 0x42 ? interrupt_return(machine) : interrupt(machine, code[1] == 0x41);
    return true;
}

/* Where a call that has just run goes back to. */
static bool return_address(struct machine *machine, uint64_t *ret)
{
    *ret = machine->state.values[CPU_ARM64_LR];
    if (machine->processor->cpu == CPU_ARM64)
        return true;
    *ret = 0;
    return machine_read(machine, cpu_sp(&machine->state), ret, machine->processor->call_bytes);
}

const char *machine_step(struct machine *machine, bool *ret_ended)
{
    struct cpu_state before = machine->state;
    uint64_t ip = cpu_ip(&before), to;
    uint8_t code[16] = {0};
    const char *why = NULL;

    machine_read(machine, ip, code, sizeof(code));
    *ret_ended = machine->depth == 1 && machine->processor->is_return(code); /* there is nobody to return to */
    if (*ret_ended || is_kernel_work(machine, code, &why))
        return why;
    if (uc_emu_start(machine->engine, ip, UINT64_MAX, 0, 1) != UC_ERR_OK)
        return "an instruction could not run";
    state_load(machine);
    if (machine->processor->is_call(code) && return_address(machine, &to))
        return caller_push(machine, &before, to, cpu_sp(&before));
    if (machine->processor->is_return(code))
        machine->depth--;
    return NULL;
}
