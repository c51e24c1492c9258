/* epilogue_x64.c - where an amd64 function is giving its frame back, its unwind codes no longer hold: the instructions that are left tell.
 *
 * The calling convention lets an epilogue end only with pops of registers and a return or a jump out of the function
 * (https://learn.microsoft.com/cpp/build/prolog-and-epilog). Until its first pop has run the whole frame still stands, so the addition to
 * rsp before it needs no look. */
#include "base/bytes.h"
#include "unwind/pdata_x64.h"

#define WINDOW_BYTES 48u /* more than eight pops and the longest jump */

/* Code from an address on, as much as is known. */
struct window {
    uint8_t bytes[WINDOW_BYTES];
    size_t size;
};

/* The process's memory is what ran; the image has it where the dump does not. */
static bool code_read(const struct pdata_frame *frame, uint32_t rva, uint8_t *ret, size_t size)
{
    const struct unwind_process *process = frame->request->process;

    return process->read(process->context, frame->source->base + rva, ret, size) ||
           frame->source->read(frame->source->context, rva, ret, size);
}

static void window_read(const struct pdata_frame *frame, uint32_t end, struct window *ret)
{
    size_t size = end - frame->rva < WINDOW_BYTES ? end - frame->rva : WINDOW_BYTES;

    ret->size = 0;
    for (; size; size /= 2)
        if (code_read(frame, frame->rva, ret->bytes, size)) {
            ret->size = size;
            return;
        }
}

/* The register that a pop at this place fills, and the length of the instruction; 0 when there is none. */
static size_t pop_at(const struct window *window, size_t at, unsigned *ret_register)
{
    size_t prefix = at < window->size && (window->bytes[at] & 0xf0) == 0x40 ? 1 : 0;

    if (at + prefix >= window->size || (window->bytes[at + prefix] & 0xf8) != 0x58)
        return 0;
    *ret_register = (window->bytes[at + prefix] & 7) + (prefix && window->bytes[at] & 1 ? 8 : 0);
    return prefix + 1;
}

/* ret, ret imm16, and ret behind a prefix that branch predictors or control-flow checks want. */
static bool is_return(const uint8_t *code, size_t size)
{
    if (size >= 2 && (code[0] == 0xf3 || code[0] == 0xf2))
        code++, size--;
    return (size >= 1 && code[0] == 0xc3) || (size >= 3 && code[0] == 0xc2);
}

/* A jump through memory by rip, or any with the prefix that compilers give those that leave the function; switches have none. */
static bool is_indirect_exit(const uint8_t *code, size_t size)
{
    if (size >= 2 && code[0] == 0xff && code[1] == 0x25)
        return true;
    return size >= 3 && (code[0] & 0xf8) == 0x48 && code[1] == 0xff && (code[2] & 0x38) == 0x20;
}

static bool direct_target(const uint8_t *code, size_t size, uint32_t rva, uint32_t *ret)
{
    if (size >= 2 && code[0] == 0xeb)
        *ret = rva + 2 + (uint32_t)(int32_t)(int8_t)code[1];
    else if (size >= 5 && code[0] == 0xe9)
        *ret = rva + 5 + bytes_u32(code + 1);
    else
        return false;
    return true;
}

/* Whether a function begins at target, so that a jump there is a call that takes this frame's place. Pieces that compilers split off go on
 * with the frame as it is: their codes hold from the first instruction on. */
static bool is_function_start(const struct pdata_frame *frame, uint32_t target)
{
    const struct unwind_source *source = frame->source;
    struct unwind_entry entry;
    struct xdata xdata;

    if (source->entry(source->context, target, &entry) != UNWIND_COVERAGE_ENTRY)
        return true;
    if (entry.begin != target || entry.unwind & 1 || !xdata_read(source, entry.unwind, &xdata))
        return false;
    return !xdata.is_chained && (xdata.prologue_bytes || !xdata.slot_count);
}

/* Whether control leaves the function here with the stack as its caller left it. */
static bool is_exit(const struct pdata_frame *frame, const struct unwind_entry *entry, const struct window *window, size_t at)
{
    const uint8_t *code = window->bytes + at;
    size_t size = window->size - at;
    uint32_t target;

    if (is_return(code, size) || is_indirect_exit(code, size))
        return true;
    if (!direct_target(code, size, frame->rva + (uint32_t)at, &target))
        return false;
    if (target >= entry->begin && target < entry->end)
        return target == entry->begin && entry->begin != frame->rva;
    return is_function_start(frame, target);
}

static bool pops_run(struct pdata_frame *frame, const struct unwind_entry *entry)
{
    struct window window;
    size_t at = 0, length;
    unsigned number;

    window_read(frame, entry->end, &window);
    while ((length = pop_at(&window, at, &number)) != 0) {
        if (number == CPU_AMD64_RSP || !pdata_pop(frame, number))
            return false;
        at += length;
    }
    return at < window.size && is_exit(frame, entry, &window, at);
}

/* Without the code's bytes: version 2 says where the epilogue begins, and its pops mirror the pushes. */
static bool pops_assumed(struct pdata_frame *frame, const struct xdata *xdata, uint32_t begin)
{
    struct xdata_code code;
    size_t cursor = 0;

    while (xdata_next(xdata, &cursor, &code)) {
        if (code.operation != XDATA_PUSH)
            continue;
        if (begin >= frame->rva && !pdata_pop(frame, code.info))
            return false;
        begin += code.info >= 8 ? 2 : 1;
    }
    return xdata_ended(xdata, cursor);
}

bool pdata_finish_epilogue(struct pdata_frame *frame, const struct unwind_entry *entry, const struct xdata *xdata)
{
    struct cpu_state before = frame->state;
    uint32_t begin = 0;
    uint8_t byte;

    if (xdata->version == 2 && !xdata_epilogue(xdata, entry, frame->rva, &begin))
        return false;
    if (pops_run(frame, entry))
        return true;
    frame->state = before;
    if (xdata->version != 2 || code_read(frame, frame->rva, &byte, 1))
        return false;
    if (pops_assumed(frame, xdata, begin))
        return true;
    frame->state = before;
    return false;
}
