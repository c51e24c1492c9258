/* extra.c - see extra.h. The addresses are a crashed process's word: they are asked of the system before anything is read there. */
#include "writer/extra.h"
#include "base/line.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_USER_TYPE 0x10000u /* below it are the format's own streams */
#define NOTE_BYTES      128

/* Whether every page from address on is there to be read; guard pages are not, for reading one would take the guard away. */
static bool is_readable(HANDLE process, uint64_t address, uint64_t size)
{
    MEMORY_BASIC_INFORMATION region;
    uint64_t end;

    if (size > UINTPTR_MAX || address > UINTPTR_MAX - size)
        return false;
    for (uint64_t at = address; at < address + size; at = end) {
        if (!VirtualQueryEx(process, (const void *)(uintptr_t)at, &region, sizeof region) || region.State != MEM_COMMIT ||
            region.Protect & (PAGE_NOACCESS | PAGE_GUARD))
            return false;
        end = (uint64_t)(uintptr_t)region.BaseAddress + region.RegionSize;
        if (end <= at)
            return false;
    }
    return true;
}

void extra_refuse(struct record_writer *record, const char *key, uint64_t what, uint64_t size, const char *why)
{
    char text[NOTE_BYTES];
    struct line line;

    line_init(&line, text, sizeof text);
    line_hex(&line, what);
    line_text(&line, " ");
    line_u64(&line, size);
    line_text(&line, " ");
    line_text(&line, why);
    record_put(record, key, text);
}

static const char *memory_refusal(HANDLE process, const struct block_range *range, uint64_t room)
{
    if (range->size_bytes > room)
        return "too large";
    return is_readable(process, range->address, range->size_bytes) ? NULL : "not readable";
}

static void collect_memory(struct extra *extra, HANDLE process, const struct block *copy, struct record_writer *record)
{
    uint64_t room = EXTRA_MAX_MEMORY_BYTES;

    for (size_t i = 0; i < BLOCK_MAX_MEMORY_RANGES; i++) {
        const struct block_range *range = &copy->memory[i];
        const char *why = range->size_bytes ? memory_refusal(process, range, room) : NULL;
        if (why) {
            extra_refuse(record, RECORD_MEMORY_REFUSED, range->address, range->size_bytes, why);
        } else if (range->size_bytes) {
            extra->ranges[extra->range_count++] = *range;
            room -= range->size_bytes;
        }
    }
}

/* NULL when *ret points at the stream's bytes. */
static const char *stream_get(struct extra *extra, HANDLE process, const struct block_stream *from, const uint8_t **ret)
{
    uint8_t *copy;
    SIZE_T got = 0;

    if (from->type < FIRST_USER_TYPE || from->type == PROTO_STREAM_RECORD || from->type == PROTO_STREAM_LOG)
        return "of a reserved type";
    if (from->size_bytes > EXTRA_MAX_STREAM_BYTES)
        return "too large";
    if (!is_readable(process, from->address, from->size_bytes))
        return "not readable";
    *ret = (const uint8_t *)(uintptr_t)from->address;
    if (process == GetCurrentProcess())
        return NULL;
    copy = malloc((size_t)from->size_bytes);
    if (!copy)
        return "no memory to copy it";
    if (!ReadProcessMemory(process, *ret, copy, (SIZE_T)from->size_bytes, &got) || got != from->size_bytes) {
        free(copy);
        return "not readable";
    }
    extra->copies[extra->stream_count] = copy;
    *ret = copy;
    return NULL;
}

static void collect_streams(struct extra *extra, HANDLE process, const struct block *copy, struct record_writer *record)
{
    for (size_t i = 0; i < BLOCK_MAX_STREAMS; i++) {
        const struct block_stream *from = &copy->streams[i];
        const uint8_t *bytes = NULL;
        const char *why = from->size_bytes ? stream_get(extra, process, from, &bytes) : NULL;
        if (why)
            extra_refuse(record, RECORD_STREAM_REFUSED, from->type, from->size_bytes, why);
        else if (from->size_bytes)
            extra->streams[extra->stream_count++] = (struct minidump_stream){from->type, {bytes, (size_t)from->size_bytes}};
    }
}

void extra_collect(struct extra *ret, HANDLE process, const struct block *copy, struct record_writer *record)
{
    memset(ret, 0, sizeof *ret);
    collect_memory(ret, process, copy, record);
    collect_streams(ret, process, copy, record);
}

void extra_done(struct extra *extra)
{
    for (size_t i = 0; i < BLOCK_MAX_STREAMS; i++) {
        free(extra->copies[i]);
        extra->copies[i] = NULL;
    }
}
