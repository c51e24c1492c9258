/* depth_x86.c - follows the stack pointer through an x86 function's code, from where a record says how deep it is.
 *
 * Records speak of the frame as it is between calls. While the parameters of a call are pushed it is deeper, and only the code tells by how
 * much. Compilers keep the depth the same wherever control flow meets, and pushes of one call within one block; so the code is read
 * in order, and behind a jump the depth is that of the body again. */
#include "unwind/depth_x86.h"
#include "unwind/instruction_x86.h"

#define MAX_FUNCTION_BYTES 16384u
#define WINDOW_BYTES       256u

struct reader {
    const struct unwind_request *request;
    uint64_t at, start, end; /* the next instruction; the record's code */
    uint8_t window[WINDOW_BYTES];
    uint64_t window_at;
    size_t window_bytes;
};

static bool window_load(struct reader *reader)
{
    size_t want = reader->end - reader->at < WINDOW_BYTES ? (size_t)(reader->end - reader->at) : WINDOW_BYTES;

    if (!reader->request->budget->words)
        return false;
    reader->request->budget->words--;
    reader->window_at = reader->at;
    for (; want; want /= 2) /* a dump may hold a part of it only */
        if (unwind_code_read(reader->request->process, reader->at, reader->window, want))
            break;
    reader->window_bytes = want;
    return want != 0;
}

static bool instruction_next(struct reader *reader, struct x86_instruction *ret)
{
    size_t offset = (size_t)(reader->at - reader->window_at);

    if (reader->at >= reader->end)
        return false;
    if (offset + X86_MAX_INSTRUCTION > reader->window_bytes) {
        if (!window_load(reader))
            return false;
        offset = 0;
    }
    if (!x86_instruction_read(reader->window + offset, reader->window_bytes - offset, ret))
        return false;
    reader->at += ret->length;
    return true;
}

/* Whether the next instruction gives a call's parameters back; several calls may share it by a jump. */
static bool is_cleaned(const struct reader *reader)
{
    struct reader ahead = *reader;
    struct x86_instruction next;

    if (!instruction_next(&ahead, &next))
        return false;
    if (next.kind != X86_JUMP || !next.is_direct)
        return next.is_cleanup;
    ahead.at += (uint64_t)(int64_t)next.target;
    return ahead.at - reader->start < reader->end - reader->start && window_load(&ahead) && instruction_next(&ahead, &next) &&
           next.is_cleanup;
}

/* What a called function gives back itself: nothing when its caller does so next, else its parameters. */
static int64_t call_pops(const struct reader *reader, const struct x86_instruction *call, int64_t pending)
{
    const struct unwind_process *process = reader->request->process;
    struct unwind_frame_record record;

    if (is_cleaned(reader))
        return 0;
    if (call->is_direct && process->frame_record(process->context, (uint32_t)(reader->at + (uint64_t)(int64_t)call->target), &record) &&
        record.parameter_bytes < pending)
        return record.parameter_bytes;
    return pending > 0 ? pending : 0;
}

bool unwind_depth_x86(const struct unwind_request *request, const struct unwind_frame_record *record, uint32_t *ret)
{
    uint64_t ip = cpu_ip(request->callee);
    struct reader reader = {.request = request, .at = record->start, .start = record->start, .end = record->start + record->win.size};
    int64_t body = (int64_t)record->win.local_bytes + record->win.saved_register_bytes;
    int64_t depth = record->win.type == SYMBOL_WIN_FRAME_DATA ? body : 0;
    struct x86_instruction instruction;

    if (ip < record->start || ip - record->start > MAX_FUNCTION_BYTES)
        return false;
    while (reader.at < ip) {
        if (!instruction_next(&reader, &instruction) || instruction.kind == X86_UNKNOWN)
            return false;
        if (instruction.kind == X86_JUMP)
            depth = body;
        else if (instruction.kind == X86_CALL && (reader.at < ip || !request->is_return)) /* else it is still running */
            depth -= call_pops(&reader, &instruction, depth - body);
        depth += instruction.taken;
    }
    *ret = (uint32_t)depth;
    return reader.at == ip && depth >= 0 && depth <= INT32_MAX;
}
