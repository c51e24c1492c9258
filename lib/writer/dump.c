/* dump.c - see dump.h. How large a dump of a kind gets is known only when it is written, but for a full one: that is at least as large as
 * the process's memory, and is not begun in vain. */
#include "writer/dump.h"
#include "base/line.h"
#include "proto/report.h"
#include <stdbool.h>

#define OWN_STREAMS 2
#define NOTE_BYTES  160
#define TOO_LARGE   "does not fit the bound of the dump"

static const char *const kind_names[] = {[MINIDUMP_KIND_MINI] = "mini", [MINIDUMP_KIND_SMART] = "smart", [MINIDUMP_KIND_FULL] = "full"};

uint64_t dump_bound(uint64_t of_program, uint64_t of_policy)
{
    uint64_t program = of_program ? of_program : UINT64_MAX, policy = of_policy ? of_policy : UINT64_MAX;

    return program < policy ? program : policy;
}

static uint32_t kind_of(const struct dump_order *order)
{
    uint32_t wanted = order->copy->dump_kind;

    if (wanted < MINIDUMP_KIND_MINI || wanted > MINIDUMP_KIND_FULL)
        wanted = order->most_kind ? order->most_kind : MINIDUMP_KIND_SMART;
    return order->most_kind && wanted > order->most_kind ? order->most_kind : wanted;
}

/* Whether the memory that a full dump holds is more than its bound by itself. */
static bool memory_exceeds(HANDLE process, uint64_t most_bytes)
{
    MEMORY_BASIC_INFORMATION region;
    const uint8_t *at = NULL;
    uint64_t sum = 0;

    while (sum <= most_bytes && VirtualQueryEx(process, at, &region, sizeof region) && region.RegionSize) {
        if (region.State == MEM_COMMIT && !(region.Protect & (PAGE_NOACCESS | PAGE_GUARD)))
            sum += region.RegionSize;
        if ((uintptr_t)region.BaseAddress > UINTPTR_MAX - region.RegionSize)
            break;
        at = (const uint8_t *)region.BaseAddress + region.RegionSize;
    }
    return sum > most_bytes;
}

static uint64_t file_size(HANDLE file)
{
    LARGE_INTEGER size;
    return GetFileSizeEx(file, &size) ? (uint64_t)size.QuadPart : 0;
}

static bool make_empty(HANDLE file)
{
    LARGE_INTEGER start = {{0}};
    return SetFilePointerEx(file, start, NULL, FILE_BEGIN) && SetEndOfFile(file);
}

/* Dump and additions as one kind; *ret_over as minidump_append's. */
static enum status write_kind(const struct dump_order *order, uint32_t kind, size_t extra_streams, uint64_t *ret_over, const char **ret_why,
                              DWORD *ret_error)
{
    const struct record_writer *record = order->record;
    struct minidump_stream streams[OWN_STREAMS + BLOCK_MAX_STREAMS] = {
        {PROTO_STREAM_RECORD, {(const uint8_t *)order->record_text, (size_t)(record->data + record->len - order->record_text)}},
    };
    size_t log_bytes = report_log(order->copy, order->log), count = 1;
    const struct minidump_addition addition = {
        order->file, order->process, order->pid, order->extra->ranges, order->extra->range_count, order->most_bytes};
    struct minidump_request request = {
        .process = order->process,
        .file = order->file,
        .pid = order->pid,
        .kind = kind,
        .exception = &order->copy->exception,
        .pointer_bits = order->pointer_bits,
        .streams = streams,
        .progress = order->progress,
        .context = order->context,
    };

    if (log_bytes)
        streams[count++] = (struct minidump_stream){PROTO_STREAM_LOG, {order->log, log_bytes}};
    for (size_t i = 0; i < extra_streams; i++)
        streams[count++] = order->extra->streams[i];
    request.stream_count = count;
    return order->write(&request, &addition, ret_over, ret_why, ret_error);
}

/* How many of the program's streams may stay for the dump to lose so many bytes; all of them when that would not do. */
static size_t streams_left(const struct extra *extra, size_t count, uint64_t excess)
{
    uint64_t freed = 0;
    size_t left = count;

    while (left && freed < excess)
        freed += extra->streams[--left].bytes.len;
    return freed >= excess ? left : count;
}

static void note_cut(const struct dump_order *order, uint32_t wanted, uint32_t kind, uint64_t size, bool has_information)
{
    char text[NOTE_BYTES];
    struct line line;

    line_init(&line, text, sizeof text);
    line_text(&line, kind_names[kind]);
    if (kind != wanted) {
        line_text(&line, " instead of ");
        line_text(&line, kind_names[wanted]);
    }
    if (!has_information)
        line_text(&line, ", without memory information");
    line_text(&line, ", to fit ");
    line_u64(&line, order->most_bytes);
    line_text(&line, " bytes");
    if (size > order->most_bytes) {
        line_text(&line, "; the least that is of use has ");
        line_u64(&line, size);
    }
    record_put(order->record, RECORD_DUMP_CUT, text);
}

static void note_left_out(const struct dump_order *order, size_t streams, uint64_t over)
{
    struct extra *extra = order->extra;

    for (size_t i = streams; i < extra->stream_count; i++)
        extra_refuse(order->record, RECORD_STREAM_REFUSED, extra->streams[i].type, extra->streams[i].bytes.len, TOO_LARGE);
    for (size_t i = 0; i < extra->range_count; i++)
        if (over >> i & 1)
            extra_refuse(order->record, RECORD_MEMORY_REFUSED, extra->ranges[i].address, extra->ranges[i].size_bytes, TOO_LARGE);
    extra->stream_count = streams;
}

enum status dump_write(const struct dump_order *order, const char **ret_why, DWORD *ret_error)
{
    uint32_t wanted = kind_of(order), kind = wanted;
    size_t streams = order->extra->stream_count;
    uint64_t most = order->most_bytes, over = 0, size;
    bool has_information;
    enum status status;

    if (kind == MINIDUMP_KIND_FULL && most != UINT64_MAX && memory_exceeds(order->process, most))
        kind = MINIDUMP_KIND_SMART;
    for (;;) {
        status = write_kind(order, kind, streams, &over, ret_why, ret_error);
        size = file_size(order->file);
        if (status != ST_OK || size <= most || (kind == MINIDUMP_KIND_MINI && !streams))
            break;
        size_t left = streams_left(order->extra, streams, size - most);
        if (left == streams && kind > MINIDUMP_KIND_MINI)
            kind--;
        else
            streams = left == streams ? 0 : left;
        if (!make_empty(order->file))
            break;
    }
    has_information = !(over & MINIDUMP_OVER_INFORMATION);
    if (status == ST_OK && (kind != wanted || size > most || !has_information))
        note_cut(order, wanted, kind, size, has_information);
    note_left_out(order, streams, over);
    return status;
}
