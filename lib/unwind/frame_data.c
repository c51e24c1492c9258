/* frame_data.c - the caller of an x86 frame by the records that Microsoft's compilers leave: FrameData with its programs, FPO, and the same
 * as STACK WIN lines of a symbol file.
 *
 * A program computes the caller's registers ("$eip", "$esp", "$ebp" ...) from the callee's. What it may know besides is what the record
 * says in bytes, and .raSearch: where the return address should stand, found from the stack pointer up. The sums are those of Breakpad's
 * stackwalker_x86.cc. */
#include "unwind/depth_x86.h"
#include "unwind/method.h"
#include "unwind/postfix.h"
#include <string.h>

#define MAX_NAMES     16u
#define RETURN_SEARCH 3u    /* words: aligned frames are a little larger than their record says */
#define KEPT_X86      0xe8u /* ebx, ebp, esi, edi */

/* For records without a program; the first for functions that use ebp for something else than their frame. */
static const char *const plain_programs[] = {
    "$eip .raSearchStart ^ = $esp .raSearchStart 4 + =",
    "$eip .raSearchStart ^ = $ebp $esp .cbCalleeParams + .cbSavedRegs + 8 - ^ = $esp .raSearchStart 4 + =",
};

struct variable {
    struct span name;
    uint64_t value;
};

struct program {
    const struct unwind_request *request;
    struct cpu_state state;
    uint32_t written; /* registers that the program has set */
    struct variable variables[MAX_NAMES];
    size_t count;
};

static unsigned register_of(struct span name)
{
    const struct cpu_layout *layout = cpu_layout(CPU_X86);

    for (unsigned i = 0; name.len > 1 && name.data[0] == '$' && i < layout->register_count; i++)
        if (postfix_is((struct span){name.data + 1, name.len - 1}, layout->registers[i]))
            return i;
    return CPU_MAX_REGISTERS;
}

static struct variable *variable_find(struct program *program, struct span name)
{
    for (size_t i = 0; i < program->count; i++)
        if (program->variables[i].name.len == name.len && memcmp(program->variables[i].name.data, name.data, name.len) == 0)
            return &program->variables[i];
    return NULL;
}

static bool program_get(void *context, struct span name, uint64_t *ret)
{
    struct program *program = context;
    unsigned number = register_of(name);
    const struct variable *variable = variable_find(program, name);

    if (number < CPU_MAX_REGISTERS) {
        *ret = program->state.values[number];
        return cpu_has(&program->state, number);
    }
    if (variable)
        *ret = variable->value;
    return variable != NULL;
}

static bool program_set(void *context, struct span name, uint64_t value)
{
    struct program *program = context;
    unsigned number = register_of(name);
    struct variable *variable = variable_find(program, name);

    if (number < CPU_MAX_REGISTERS) {
        cpu_set(&program->state, number, value);
        program->written |= 1u << number;
        return true;
    }
    if (!variable && program->count < MAX_NAMES) {
        variable = &program->variables[program->count++];
        variable->name = name;
    }
    if (variable)
        variable->value = value;
    return variable != NULL;
}

static bool program_read(void *context, uint64_t address, uint64_t *ret)
{
    return unwind_read_word(((const struct program *)context)->request, address, ret);
}

static void constant_set(struct program *program, const char *name, uint32_t value)
{
    program_set(program, (struct span){(const uint8_t *)name, strlen(name)}, value);
}

/* Where the return address stands: where it should, or the next few words. */
static uint32_t return_search(const struct unwind_request *request, uint32_t from)
{
    uint64_t value;

    for (uint32_t i = 0; i < RETURN_SEARCH; i++)
        if (unwind_read_word(request, (uint64_t)from + 4 * i, &value) && unwind_can_be_return(request, value))
            return from + 4 * i;
    return from;
}

/* What lies between the stack pointer and the return address: as the code says, else as the record and the callee's parameters do. */
static uint32_t frame_bytes(const struct unwind_request *request, const struct unwind_frame_record *record)
{
    uint32_t depth;

    if (unwind_depth_x86(request, record, &depth))
        return depth;
    return request->pushed_bytes + record->win.local_bytes + record->win.saved_register_bytes;
}

static void constants_set(struct program *program, const struct unwind_frame_record *record)
{
    const struct unwind_request *request = program->request;
    const struct symbol_win *win = &record->win;
    uint32_t at = return_search(request, (uint32_t)cpu_sp(request->callee) + frame_bytes(request, record));

    constant_set(program, ".raSearch", at);
    constant_set(program, ".raSearchStart", at);
    constant_set(program, ".cbCalleeParams", request->pushed_bytes);
    constant_set(program, ".cbSavedRegs", win->saved_register_bytes);
    constant_set(program, ".cbLocals", win->local_bytes);
    constant_set(program, ".cbParams", win->parameter_bytes);
}

static const char *program_text(const struct symbol_win *win)
{
    if (*win->program)
        return win->program;
    return plain_programs[win->allocates_base_pointer];
}

/* Without a program it is not known which registers were saved. */
static uint32_t kept_registers(const struct symbol_win *win)
{
    if (*win->program || !win->saved_register_bytes)
        return KEPT_X86;
    return 1u << CPU_X86_EBP;
}

static bool record_run(const struct unwind_request *request, const struct unwind_frame_record *record, struct unwind_caller *ret)
{
    const struct symbol_win *win = &record->win;
    struct program program = {.request = request, .state = *request->callee};
    struct postfix postfix = {&program, 4, POSTFIX_MAX_STEPS, program_get, program_set, program_read};
    const char *text = program_text(win);

    constants_set(&program, record);
    if (!postfix_run(&postfix, (struct span){(const uint8_t *)text, strlen(text)}, NULL))
        return false;
    if (!(program.written >> CPU_X86_EIP & 1) || !(program.written >> CPU_X86_ESP & 1))
        return false;
    ret->state = program.state;
    ret->state.valid &= program.written | kept_registers(win);
    return true;
}

bool unwind_frame_data(const struct unwind_request *request, struct unwind_caller *ret)
{
    const struct unwind_process *process = request->process;
    struct unwind_frame_record record;

    if (request->callee->cpu != CPU_X86 || !process->frame_record || !process->frame_record(process->context, request->lookup, &record) ||
        !record.win.size)
        return false;
    if (!request->is_return && unwind_epilogue_x86(request, &record, ret))
        return true;
    return record_run(request, &record, ret);
}
