/* pdata_arm64.c - the caller of an arm64 Windows frame, exactly: by the function table and the unwind codes.
 *
 * Every code stands for one instruction of the prologue, or of an epilogue that has codes of its own. So the place of the instruction
 * pointer says how many codes, counted from the last instruction on, do not hold yet or no longer; the others are undone in order. */
#include "base/bytes.h"
#include "minidump/cpu.h"
#include "unwind/method.h"
#include "unwind/xdata_arm64.h"

#define MAX_SOURCES   4u
#define MAX_NEXT      8u
#define CONTEXT_BYTES 0x390u

/* x19 to x28, fp, sp, pc; d8 to d15: what a call leaves as it was. */
#define KEPT_REGISTERS 0x1bff80000ull
#define KEPT_VECTORS   0xff00u

/* One frame while its effects on registers are undone. */
struct frame {
    const struct unwind_request *request;
    const struct unwind_source *source;
    struct cpu_state state;
    bool was_interrupted;
};

static bool register_restore(struct frame *frame, enum arm64_bank bank, unsigned number, uint64_t address)
{
    uint64_t low, high = 0;

    if (!unwind_read_word(frame->request, address, &low) || (bank == ARM64_BANK_Q && !unwind_read_word(frame->request, address + 8, &high)))
        return false;
    if (bank == ARM64_BANK_X)
        cpu_set(&frame->state, number, low);
    else if (number < CPU_MAX_VECTORS)
        cpu_set_vector(&frame->state, number, (struct cpu_vector){low, high});
    return true;
}

/* next: how many more pairs of the following numbers stand behind this one. */
static bool registers_restore(struct frame *frame, const struct arm64_code *code, unsigned next)
{
    unsigned size = code->bank == ARM64_BANK_Q ? 16 : 8, last = code->bank == ARM64_BANK_X ? CPU_ARM64_LR : 31;
    uint64_t at = cpu_sp(&frame->state) + (code->operation == ARM64_PUSH ? 0 : code->bytes);

    if (!register_restore(frame, code->bank, code->first, at))
        return false;
    if (code->second && !register_restore(frame, code->bank, code->second, at + size))
        return false;
    if (next && !code->second)
        return false;
    for (unsigned i = 2; i < 2 + 2 * next; i++)
        if (code->first + i > last || !register_restore(frame, code->bank, code->first + i, at + (uint64_t)size * i))
            return false;
    if (code->operation == ARM64_PUSH)
        cpu_set(&frame->state, CPU_ARM64_SP, cpu_sp(&frame->state) + code->bytes);
    return true;
}

static bool frame_pointer_restore(struct frame *frame, uint32_t bytes)
{
    if (!cpu_has(&frame->state, CPU_ARM64_FP))
        return false;
    cpu_set(&frame->state, CPU_ARM64_SP, frame->state.values[CPU_ARM64_FP] - bytes);
    return true;
}

/* What an exception's dispatcher has pushed: the stack pointer and where the thread stood. */
static bool machine_frame(struct frame *frame)
{
    uint64_t sp = cpu_sp(&frame->state);

    frame->was_interrupted = true;
    return register_restore(frame, ARM64_BANK_X, CPU_ARM64_PC, sp + 8) && register_restore(frame, ARM64_BANK_X, CPU_ARM64_SP, sp);
}

static bool context_frame(struct frame *frame)
{
    uint8_t context[CONTEXT_BYTES];
    const struct unwind_process *process = frame->request->process;

    frame->was_interrupted = true;
    return process->read(process->context, cpu_sp(&frame->state), context, sizeof(context)) &&
           !cpu_context_decode(CPU_ARM64, context, sizeof(context), &frame->state);
}

static bool code_undo(struct frame *frame, const struct arm64_code *code, unsigned next)
{
    switch (code->operation) {
    case ARM64_ALLOC:
        cpu_set(&frame->state, CPU_ARM64_SP, cpu_sp(&frame->state) + code->bytes);
        return true;
    case ARM64_SAVE:
    case ARM64_PUSH:
        return registers_restore(frame, code, next);
    case ARM64_SET_FP:
        return frame_pointer_restore(frame, code->bytes);
    case ARM64_MACHINE_FRAME:
        return machine_frame(frame);
    case ARM64_CONTEXT:
        return context_frame(frame);
    case ARM64_SIGN_LR:
        cpu_set(&frame->state, CPU_ARM64_LR, unwind_code_address(CPU_ARM64, frame->state.values[CPU_ARM64_LR]));
        return cpu_has(&frame->state, CPU_ARM64_LR);
    default:
        return true;
    }
}

/* Undoes the codes from at on, but for the first skip of them. */
static bool codes_undo(struct frame *frame, const struct arm64_xdata *xdata, size_t at, uint32_t skip)
{
    struct arm64_code code;
    unsigned next = 0;

    while (arm64_code_next(xdata, &at, &code)) {
        if (code.operation == ARM64_END)
            return true;
        if (skip) {
            skip--;
        } else if (code.operation == ARM64_SAVE_NEXT) {
            if (++next > MAX_NEXT)
                return false;
        } else if (!code_undo(frame, &code, next)) {
            return false;
        } else {
            next = 0;
        }
    }
    if (at < xdata->size)
        unwind_note(frame->request, UNWIND_NOTE_CODES);
    return false;
}

/* Whether an instruction stands in the epilogue that starts at begin, both counted in instructions; its codes and how many are past. */
static bool epilogue_has(const struct arm64_xdata *xdata, uint32_t begin, size_t codes, uint32_t instruction, uint32_t *ret_skip)
{
    *ret_skip = instruction - begin;
    return instruction >= begin && instruction - begin <= arm64_code_instructions(xdata, codes);
}

static bool epilogue_find(const struct frame *frame, const struct arm64_xdata *xdata, uint32_t instruction, size_t *ret_at,
                          uint32_t *ret_skip)
{
    uint8_t scope[4];

    if (xdata->has_end_epilogue) {
        uint32_t length = arm64_code_instructions(xdata, xdata->end_epilogue) + 1, all = xdata->function_bytes / 4;

        *ret_at = xdata->end_epilogue;
        return all >= length && epilogue_has(xdata, all - length, *ret_at, instruction, ret_skip);
    }
    for (uint32_t i = 0; i < xdata->scope_count; i++) {
        if (!frame->source->read(frame->source->context, xdata->scope_rva + 4 * i, scope, sizeof(scope)))
            return false;
        *ret_at = bytes_u32(scope) >> 22;
        if (epilogue_has(xdata, bytes_u32(scope) & 0x3ffff, *ret_at, instruction, ret_skip))
            return true;
    }
    return false;
}

static bool function_undo(struct frame *frame, const struct arm64_xdata *xdata, uint32_t offset)
{
    uint32_t instruction = offset / 4, skip = 0;
    uint32_t prologue = xdata->has_prologue ? arm64_code_instructions(xdata, 0) : 0;
    size_t at = 0;

    if (instruction < prologue)
        skip = prologue - instruction;
    else if (frame->request->is_return || !epilogue_find(frame, xdata, instruction, &at, &skip))
        at = skip = 0;
    return codes_undo(frame, xdata, at, skip);
}

/* The function at the request's place; LEAF when it has no entry, or has one that ends before. */
static enum unwind_coverage function_find(const struct unwind_request *request, const struct unwind_source *source, struct arm64_xdata *ret,
                                          uint32_t *ret_offset)
{
    uint32_t rva = (uint32_t)(request->lookup - source->base);
    struct unwind_entry entry;
    enum unwind_coverage coverage = source->entry(source->context, rva, &entry);

    if (coverage != UNWIND_COVERAGE_ENTRY)
        return coverage;
    if (!arm64_xdata_read(source, entry.unwind, ret)) {
        if (ret->is_unknown)
            unwind_note(request, UNWIND_NOTE_VERSION);
        return UNWIND_COVERAGE_NONE;
    }
    if (rva - entry.begin >= ret->function_bytes)
        return UNWIND_COVERAGE_LEAF;
    *ret_offset = (uint32_t)(cpu_ip(request->callee) - source->base) - entry.begin;
    return UNWIND_COVERAGE_ENTRY;
}

/* A caller has made a call, so it is no leaf, whatever its table says; its stack is then for the other methods. */
static bool source_undo(struct frame *frame)
{
    struct arm64_xdata xdata;
    uint32_t offset;

    switch (function_find(frame->request, frame->source, &xdata, &offset)) {
    case UNWIND_COVERAGE_ENTRY:
        if (!function_undo(frame, &xdata, offset))
            return false;
        break;
    case UNWIND_COVERAGE_LEAF:
        if (frame->request->is_return)
            return false;
        break;
    default:
        return false;
    }
    if (frame->was_interrupted)
        return true;
    cpu_set(&frame->state, CPU_ARM64_PC, unwind_code_address(CPU_ARM64, frame->state.values[CPU_ARM64_LR]));
    return cpu_has(&frame->state, CPU_ARM64_LR);
}

bool unwind_pdata_arm64(const struct unwind_request *request, struct unwind_caller *ret)
{
    const struct unwind_process *process = request->process;
    struct unwind_source source;

    if (request->callee->cpu != CPU_ARM64 || !process->source)
        return false;
    for (size_t i = 0; i < MAX_SOURCES && process->source(process->context, request->lookup, i, &source); i++) {
        struct frame frame = {request, &source, *request->callee, false};

        if (request->lookup - source.base > UINT32_MAX || !source_undo(&frame))
            continue;
        ret->state = frame.state;
        ret->was_interrupted = frame.was_interrupted;
        if (!frame.was_interrupted) {
            ret->state.valid &= KEPT_REGISTERS;
            ret->state.vectors_valid &= KEPT_VECTORS;
        }
        return true;
    }
    return false;
}
