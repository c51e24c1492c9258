/* undo_x64.c - takes back what the instructions of an amd64 prologue did, by their unwind codes. */
#include "base/bytes.h"
#include "unwind/pdata_x64.h"

bool pdata_pop(struct pdata_frame *frame, unsigned number)
{
    uint64_t sp = cpu_sp(&frame->state), value;

    if (!unwind_read_word(frame->request, sp, &value))
        return false;
    cpu_set(&frame->state, CPU_AMD64_RSP, sp + 8);
    cpu_set(&frame->state, number, value);
    return true;
}

static bool restore(struct pdata_frame *frame, unsigned number, uint64_t address)
{
    uint64_t value;

    if (!unwind_read_word(frame->request, address, &value))
        return false;
    cpu_set(&frame->state, number, value);
    return true;
}

static bool restore_vector(struct pdata_frame *frame, unsigned number, uint64_t address)
{
    const struct unwind_process *process = frame->request->process;
    uint8_t bytes[16];

    if (!process->read(process->context, address, bytes, sizeof(bytes)))
        return false;
    cpu_set_vector(&frame->state, number, (struct cpu_vector){bytes_u64(bytes), bytes_u64(bytes + 8)});
    return true;
}

/* Interrupts and exception dispatch push rip, cs, eflags, rsp and ss, some of them an error code below. */
static bool machine_frame(struct pdata_frame *frame, bool has_error_code)
{
    uint64_t at = cpu_sp(&frame->state) + (has_error_code ? 8 : 0);

    frame->was_interrupted = true;
    return restore(frame, CPU_AMD64_RIP, at) && restore(frame, CPU_AMD64_RSP, at + 24);
}

/* Where the offsets of saved registers count from: rsp as it was when the frame register was set, else rsp now. */
static bool frame_base(const struct pdata_frame *frame, const struct xdata *xdata, uint32_t prologue_offset, bool is_whole, uint64_t *ret)
{
    struct xdata_code code;
    size_t cursor = 0;
    bool is_set = is_whole;

    *ret = cpu_sp(&frame->state);
    if (!xdata->frame_register)
        return true;
    while (!is_set && xdata_next(xdata, &cursor, &code))
        is_set = code.operation == XDATA_SET_FRAME && code.offset <= prologue_offset;
    if (!is_set)
        return true;
    *ret = frame->state.values[xdata->frame_register] - xdata->frame_offset_bytes;
    return cpu_has(&frame->state, xdata->frame_register);
}

static bool code_undo(struct pdata_frame *frame, const struct xdata *xdata, const struct xdata_code *code, uint64_t base)
{
    struct cpu_state *state = &frame->state;

    switch (code->operation) {
    case XDATA_PUSH:
        return pdata_pop(frame, code->info);
    case XDATA_ALLOC_SMALL:
    case XDATA_ALLOC_LARGE:
        cpu_set(state, CPU_AMD64_RSP, cpu_sp(state) + code->value);
        return true;
    case XDATA_SET_FRAME:
        cpu_set(state, CPU_AMD64_RSP, state->values[xdata->frame_register] - xdata->frame_offset_bytes);
        return xdata->frame_register && cpu_has(state, xdata->frame_register);
    case XDATA_SAVE:
    case XDATA_SAVE_FAR:
        return restore(frame, code->info, base + code->value);
    case XDATA_SAVE_XMM:
    case XDATA_SAVE_XMM_FAR:
        return restore_vector(frame, code->info, base + code->value);
    case XDATA_MACHINE_FRAME:
        return machine_frame(frame, code->info != 0);
    default:
        if (xdata->version != 1) /* what version 1 saved there is no whole register */
            unwind_note(frame->request, UNWIND_NOTE_CODES);
        return xdata->version == 1;
    }
}

bool pdata_undo_codes(struct pdata_frame *frame, const struct xdata *xdata, uint32_t prologue_offset, bool is_whole)
{
    struct xdata_code code;
    size_t cursor = 0;
    uint64_t base;

    if (!frame_base(frame, xdata, prologue_offset, is_whole, &base))
        return false;
    while (xdata_next(xdata, &cursor, &code))
        if ((is_whole || code.offset <= prologue_offset) && !code_undo(frame, xdata, &code, base))
            return false;
    if (!xdata_ended(xdata, cursor))
        unwind_note(frame->request, UNWIND_NOTE_CODES);
    return xdata_ended(xdata, cursor);
}
