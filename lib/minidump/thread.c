/* thread.c - ThreadList, ThreadInfoList and ThreadNames; which thread crashed, and its registers. */
#include "minidump/reader.h"
#include <inttypes.h>

#define THREAD_BYTES      48u
#define THREAD_INFO_BYTES 64u
#define THREAD_NAME_BYTES 12u

/* Some writers put four bytes between the count and the entries so that 64-bit fields are aligned; the stream's size tells. */
static uint64_t entries_offset(struct span stream, uint32_t count, size_t entry_bytes)
{
    return (uint64_t)count * entry_bytes + 8 == stream.len ? 8 : 4;
}

static void thread_read(struct minidump_reader *reader, const uint8_t *entry, struct minidump_thread *ret)
{
    ret->id = bytes_u32(entry);
    ret->suspend_count = bytes_u32(entry + 4);
    ret->priority_class = bytes_u32(entry + 8);
    ret->priority = bytes_u32(entry + 12);
    ret->teb = bytes_u64(entry + 16);
    ret->stack_address = bytes_u64(entry + 24);
    if (bytes_u32(entry + 36)) /* full dumps keep stacks in Memory64List and leave the place empty */
        ret->stack = reader_location(reader, "a thread's stack", entry + 32);
    ret->context = reader_location(reader, "a thread's registers", entry + 40);
}

void reader_thread_list(struct minidump_reader *reader, struct span stream)
{
    struct minidump *model = &reader->model;
    uint32_t announced;
    uint64_t offset;
    size_t count;

    if (!span_u32(stream, 0, &announced)) {
        reader_note(reader, "thread list: too short for its count");
        return;
    }
    offset = entries_offset(stream, announced, THREAD_BYTES);
    count = reader_count(reader, "thread list", stream, offset, announced, THREAD_BYTES, MINIDUMP_MAX_THREADS);
    reader->threads = reader_array(reader, "thread list", count, sizeof(*reader->threads));
    if (!reader->threads)
        return;
    for (size_t i = 0; i < count; i++)
        thread_read(reader, stream.data + offset + i * THREAD_BYTES, &reader->threads[i]);
    model->threads = reader->threads;
    model->thread_count = count;
}

/* The thread with that id, looked for from *hint on: lists that belong together have the same order, so this stays linear for them. */
static struct minidump_thread *thread_find(struct minidump_reader *reader, uint32_t id, size_t *hint)
{
    size_t count = reader->model.thread_count;

    for (size_t i = 0; i < count; i++) {
        size_t at = (*hint + i) % count;

        if (reader->threads[at].id == id) {
            *hint = at + 1;
            return &reader->threads[at];
        }
    }
    return NULL;
}

void reader_thread_info(struct minidump_reader *reader, struct span stream)
{
    uint32_t header, entry_bytes, announced;
    size_t count, hint = 0;

    if (!span_u32(stream, 0, &header) || !span_u32(stream, 4, &entry_bytes) || !span_u32(stream, 8, &announced) ||
        entry_bytes < THREAD_INFO_BYTES) {
        reader_note(reader, "thread info list: its header is not understood");
        return;
    }
    count = reader_count(reader, "thread info list", stream, header, announced, entry_bytes, MINIDUMP_MAX_THREADS);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *entry = stream.data + header + i * entry_bytes;
        struct minidump_thread *thread = thread_find(reader, bytes_u32(entry), &hint);

        if (thread)
            thread->start_address = bytes_u64(entry + 48);
    }
}

void reader_thread_names(struct minidump_reader *reader, struct span stream)
{
    uint32_t announced;
    size_t count, hint = 0;

    if (!span_u32(stream, 0, &announced)) {
        reader_note(reader, "thread names: too short for their count");
        return;
    }
    count = reader_count(reader, "thread names", stream, 4, announced, THREAD_NAME_BYTES, MINIDUMP_MAX_THREADS);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *entry = stream.data + 4 + i * THREAD_NAME_BYTES;
        uint64_t rva = bytes_u64(entry + 4);
        struct minidump_thread *thread = rva ? thread_find(reader, bytes_u32(entry), &hint) : NULL;

        if (thread && !thread->name)
            thread->name = reader_string(reader, "thread names", rva);
    }
}

size_t minidump_thread_by_id(const struct minidump *minidump, uint32_t id)
{
    for (size_t i = 0; i < minidump->thread_count; i++)
        if (minidump->threads[i].id == id)
            return i;
    return MINIDUMP_NONE;
}

size_t minidump_crashing_thread(const struct minidump *minidump)
{
    if (minidump->exception.present)
        return minidump_thread_by_id(minidump, minidump->exception.thread_id);
    return minidump->requesting_thread ? minidump_thread_by_id(minidump, minidump->requesting_thread) : MINIDUMP_NONE;
}

const char *minidump_thread_state(const struct minidump *minidump, size_t thread, struct cpu_state *ret)
{
    enum cpu cpu = minidump->system.cpu;
    const struct minidump_exception *exception = &minidump->exception;
    struct span context = minidump->threads[thread].context;

    if (exception->present && exception->thread_id == minidump->threads[thread].id && exception->context.len &&
        !cpu_context_decode(cpu, exception->context.data, exception->context.len, ret))
        return NULL;
    if (!context.len)
        return "the dump holds no registers for it";
    return cpu_context_decode(cpu, context.data, context.len, ret);
}

bool minidump_thread_shadow_stack(const struct minidump *minidump, size_t thread, uint64_t *ret)
{
    enum cpu cpu = minidump->system.cpu;
    const struct minidump_exception *exception = &minidump->exception;
    struct span context = minidump->threads[thread].context;

    if (exception->present && exception->thread_id == minidump->threads[thread].id && exception->context.len &&
        cpu_context_shadow_stack(cpu, exception->context.data, exception->context.len, ret))
        return true;
    return context.len && cpu_context_shadow_stack(cpu, context.data, context.len, ret);
}
