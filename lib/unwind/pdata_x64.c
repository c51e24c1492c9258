/* pdata_x64.c - the caller of an amd64 Windows frame, exactly: by the function table and the unwind codes that every function which
 * touches its stack or a non-volatile register must have.
 *
 * The order of work is that of RtlVirtualUnwind: a function without an entry is a leaf; in an epilogue the instructions that are left are
 * followed; else the unwind codes are undone as far as the prologue has come, and those of the entries it is chained to. */
#include "unwind/pdata_x64.h"
#include "base/bytes.h"

#define MAX_SOURCES  4u
#define MAX_CHAIN    32u
#define MAX_INDIRECT 4u

/* rbx, rsp, rbp, rsi, rdi, r12 to r15 and rip; xmm6 to xmm15: what a call leaves as it was. */
#define KEPT_REGISTERS 0x1f0f8u
#define KEPT_VECTORS   0xffc0u

/* An odd unwind address points at another entry, which takes this one's place: the code belongs to that function. */
static bool entry_follow(const struct unwind_source *source, struct unwind_entry *entry)
{
    for (unsigned i = 0; entry->unwind & 1; i++) {
        uint8_t bytes[12];

        if (i == MAX_INDIRECT || !source->read(source->context, entry->unwind - 1, bytes, sizeof(bytes)))
            return false;
        *entry = (struct unwind_entry){bytes_u32(bytes), bytes_u32(bytes + 4), bytes_u32(bytes + 8)};
    }
    return true;
}

static bool info_read(const struct pdata_frame *frame, uint32_t rva, struct xdata *ret)
{
    bool is_read = xdata_read(frame->source, rva, ret);

    if (ret->is_unknown)
        unwind_note(frame->request, UNWIND_NOTE_VERSION);
    return is_read;
}

static bool chain_undo(struct pdata_frame *frame, struct xdata *xdata, uint32_t offset)
{
    if (!pdata_undo_codes(frame, xdata, offset, offset >= xdata->prologue_bytes))
        return false;
    for (unsigned i = 0; xdata->is_chained; i++) {
        struct unwind_entry entry = xdata->chain;

        if (i == MAX_CHAIN || frame->was_interrupted || !entry_follow(frame->source, &entry) || !info_read(frame, entry.unwind, xdata) ||
            !pdata_undo_codes(frame, xdata, 0, true))
            return false;
    }
    return true;
}

static bool function_undo(struct pdata_frame *frame, const struct unwind_entry *entry)
{
    struct unwind_entry owner = *entry;
    uint32_t offset;
    struct xdata xdata;

    if (!entry_follow(frame->source, &owner) || !info_read(frame, owner.unwind, &xdata))
        return false;
    offset = frame->rva - owner.begin;
    if (!frame->request->is_return && frame->rva < entry->end && (offset >= xdata.prologue_bytes || xdata.is_chained) &&
        pdata_finish_epilogue(frame, entry, &xdata))
        return true;
    return chain_undo(frame, &xdata, offset);
}

/* A caller has made a call, so it is no leaf, whatever its table says; its stack is then for the scan. */
static bool source_undo(const struct unwind_request *request, const struct unwind_source *source, struct pdata_frame *ret)
{
    struct unwind_entry entry;

    *ret = (struct pdata_frame){request, source, (uint32_t)(cpu_ip(request->callee) - source->base), *request->callee, false};
    switch (source->entry(source->context, (uint32_t)(request->lookup - source->base), &entry)) {
    case UNWIND_COVERAGE_ENTRY:
        if (!function_undo(ret, &entry))
            return false;
        break;
    case UNWIND_COVERAGE_LEAF:
        if (request->is_return)
            return false;
        break;
    default:
        return false;
    }
    return ret->was_interrupted || pdata_pop(ret, CPU_AMD64_RIP);
}

bool unwind_pdata_x64(const struct unwind_request *request, struct unwind_caller *ret)
{
    const struct unwind_process *process = request->process;
    struct unwind_source source;
    struct pdata_frame frame;

    if (request->callee->cpu != CPU_AMD64 || !process->source)
        return false;
    for (size_t i = 0; i < MAX_SOURCES && process->source(process->context, request->lookup, i, &source); i++) {
        if (request->lookup - source.base > UINT32_MAX || !source_undo(request, &source, &frame))
            continue;
        ret->state = frame.state;
        ret->state.valid &= KEPT_REGISTERS;
        ret->state.vectors_valid &= KEPT_VECTORS;
        ret->was_interrupted = frame.was_interrupted;
        return true;
    }
    return false;
}
