/* minicut.c - plans only: which pieces of the file stay, and what of it is replaced. Nothing is read but headers and lists. */
#include "uploader/minicut.h"
#include "base/bytes.h"
#include <stdlib.h>
#include <string.h>

#define MDMP_MAGIC          0x504d444du
#define HEADER_BYTES        32u
#define HEADER_FLAGS        24u
#define FLAG_FULL_MEMORY    2u
#define ENTRY_BYTES         12u
#define STREAMS_MAX         4096u
#define STREAM_THREADS      3u
#define STREAM_MEMORY       5u
#define STREAM_MEMORY_64    9u
#define STREAM_MISC_INFO    15u
#define STREAM_MEMORY_INFO  16u
#define STREAM_THREAD_NAMES 24u
#define STREAM_USER         0x10000u
#define THREADS_MAX         16384u
#define THREAD_BYTES        48u
#define THREAD_STACK        24u
#define NAME_BYTES          12u
#define RANGE_BYTES         16u
#define RANGES_MAX          (1u << 20)
#define RANGES_AT_ONCE      4096u

struct stream {
    uint32_t type, size_bytes, rva;
};

struct stack {
    uint64_t address, size_bytes, offset; /* size 0: not found */
};

struct planner {
    struct minicut *cut;
    struct file *file;
    uint64_t size_bytes;
    uint32_t directory_rva, stream_count;
    uint64_t memory_from, memory_to; /* the run that is taken out */
    struct stack *stacks;            /* by address */
    uint32_t stack_count;
};

void minicut_done(struct minicut *cut)
{
    free(cut->pieces);
    buffer_done(&cut->header);
    buffer_done(&cut->directory);
    buffer_done(&cut->names);
    buffer_done(&cut->list);
    memset(cut, 0, sizeof *cut);
}

/* Appends bytes of the dump to an empty buffer. */
static enum status bytes_read(const struct planner *planner, uint64_t offset, uint64_t size, struct buffer *out)
{
    enum status status;

    if (offset > planner->size_bytes || size > planner->size_bytes - offset)
        return ST_TRUNCATED;
    status = buffer_reserve(out, (size_t)size);
    if (status == ST_OK && size)
        status = file_read_at(planner->file, offset, out->data, (size_t)size);
    if (status == ST_OK)
        out->len = (size_t)size;
    return status;
}

static struct stream stream_at(const struct planner *planner, uint32_t index)
{
    const uint8_t *entry = planner->cut->directory.data + (size_t)index * ENTRY_BYTES;

    return (struct stream){bytes_u32(entry), bytes_u32(entry + 4), bytes_u32(entry + 8)};
}

static void stream_put(const struct planner *planner, uint32_t index, const struct stream *stream)
{
    uint8_t *entry = planner->cut->directory.data + (size_t)index * ENTRY_BYTES;

    bytes_put_u32(entry, stream->type);
    bytes_put_u32(entry + 4, stream->size_bytes);
    bytes_put_u32(entry + 8, stream->rva);
}

static bool stream_find(const struct planner *planner, uint32_t type, struct stream *ret)
{
    for (uint32_t i = 0; i < planner->stream_count; i++) {
        *ret = stream_at(planner, i);
        if (ret->type == type)
            return true;
    }
    return false;
}

static enum status header_read(struct planner *planner)
{
    struct buffer *header = &planner->cut->header;
    enum status status = bytes_read(planner, 0, HEADER_BYTES, header);

    if (status != ST_OK)
        return status;
    planner->stream_count = bytes_u32(header->data + 8);
    planner->directory_rva = bytes_u32(header->data + 12);
    if (bytes_u32(header->data) != MDMP_MAGIC || planner->stream_count > STREAMS_MAX || planner->directory_rva < HEADER_BYTES)
        return ST_FORMAT;
    header->data[HEADER_FLAGS] &= (uint8_t)~FLAG_FULL_MEMORY;
    return bytes_read(planner, planner->directory_rva, (uint64_t)planner->stream_count * ENTRY_BYTES, &planner->cut->directory);
}

static int stack_compare(const void *a, const void *b)
{
    const struct stack *x = a, *y = b;

    return (x->address > y->address) - (x->address < y->address);
}

static enum status stacks_read(struct planner *planner)
{
    struct stream threads;
    struct buffer list;
    uint32_t count;
    size_t from;
    enum status status;

    if (!stream_find(planner, STREAM_THREADS, &threads) || threads.size_bytes < 4)
        return ST_UNSUPPORTED;
    buffer_init(&list, THREADS_MAX * THREAD_BYTES + 8);
    status = bytes_read(planner, threads.rva, threads.size_bytes, &list);
    count = status == ST_OK ? bytes_u32(list.data) : 0;
    from = (uint64_t)count * THREAD_BYTES + 8 == list.len ? 8 : 4; /* some writers align the entries */
    if (status == ST_OK && (list.len < from || count > (list.len - from) / THREAD_BYTES))
        status = ST_FORMAT;
    if (status == ST_OK) {
        planner->stack_count = count < MINICUT_MAX_STACKS ? count : MINICUT_MAX_STACKS;
        planner->stacks = calloc((size_t)planner->stack_count + 1, sizeof *planner->stacks);
        status = planner->stacks ? ST_OK : ST_MEMORY;
    }
    for (uint32_t i = 0; status == ST_OK && i < planner->stack_count; i++)
        planner->stacks[i].address = bytes_u64(list.data + from + (size_t)i * THREAD_BYTES + THREAD_STACK);
    if (status == ST_OK)
        qsort(planner->stacks, planner->stack_count, sizeof *planner->stacks, stack_compare);
    buffer_done(&list);
    return status;
}

/* Gives the stacks that begin in a range of memory their place in the file. */
static void range_match(struct planner *planner, uint64_t address, uint64_t size, uint64_t offset)
{
    uint32_t low = 0, high = planner->stack_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (planner->stacks[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < planner->stack_count && planner->stacks[low].address - address < size; low++) {
        struct stack *stack = &planner->stacks[low];
        uint64_t inside = stack->address - address, left = size - inside;

        stack->offset = offset + inside;
        stack->size_bytes = left < MINICUT_STACK_BYTES ? left : MINICUT_STACK_BYTES;
    }
}

/* Goes through Memory64List, which may be long, a part at a time. */
static enum status ranges_read(struct planner *planner, const struct stream *memory)
{
    struct buffer part;
    uint64_t count, at = (uint64_t)memory->rva + 16;
    enum status status;

    buffer_init(&part, RANGES_AT_ONCE * RANGE_BYTES);
    status = memory->size_bytes < 16 ? ST_FORMAT : bytes_read(planner, memory->rva, 16, &part);
    count = status == ST_OK ? bytes_u64(part.data) : 0;
    planner->memory_from = planner->memory_to = status == ST_OK ? bytes_u64(part.data + 8) : 0;
    if (count > RANGES_MAX || count * RANGE_BYTES > (uint64_t)memory->size_bytes - 16 || planner->memory_from < HEADER_BYTES)
        status = status == ST_OK ? ST_FORMAT : status;
    while (status == ST_OK && count) {
        uint64_t some = count < RANGES_AT_ONCE ? count : RANGES_AT_ONCE;

        buffer_reset(&part);
        status = bytes_read(planner, at, some * RANGE_BYTES, &part);
        for (uint64_t i = 0; status == ST_OK && i < some; i++) {
            uint64_t address = bytes_u64(part.data + i * RANGE_BYTES), size = bytes_u64(part.data + i * RANGE_BYTES + 8);

            if (size > planner->size_bytes || planner->memory_to > planner->size_bytes - size)
                status = ST_TRUNCATED;
            else
                range_match(planner, address, size, planner->memory_to);
            planner->memory_to += status == ST_OK ? size : 0;
        }
        at += some * RANGE_BYTES;
        count -= some;
    }
    buffer_done(&part);
    return status;
}

/* Whether a stream holds no places of its own in the file, or ones that are moved here (thread names). */
static bool type_may_move(uint32_t type)
{
    return type == 0 || type == STREAM_MISC_INFO || type == STREAM_MEMORY_INFO || type == STREAM_THREAD_NAMES || type >= STREAM_USER;
}

/* Where something of the file lies in the cut; false when it lies in the run that is taken out. */
static bool place_move(const struct planner *planner, uint64_t *offset)
{
    if (*offset >= planner->memory_to)
        *offset -= planner->memory_to - planner->memory_from;
    else if (*offset >= planner->memory_from)
        return false;
    return true;
}

static enum status directory_move(const struct planner *planner, const struct stream *list)
{
    uint64_t directory = planner->directory_rva;

    if (!place_move(planner, &directory))
        return ST_UNSUPPORTED;
    bytes_put_u32(planner->cut->header.data + 12, (uint32_t)directory);
    for (uint32_t i = 0; i < planner->stream_count; i++) {
        struct stream stream = stream_at(planner, i);
        uint64_t rva = stream.rva;

        if (stream.type == STREAM_MEMORY_64) {
            stream_put(planner, i, list);
            continue;
        }
        if (!stream.size_bytes)
            continue;
        if (!place_move(planner, &rva) || (rva != stream.rva && !type_may_move(stream.type)))
            return ST_UNSUPPORTED;
        stream.rva = (uint32_t)rva;
        stream_put(planner, i, &stream);
    }
    return ST_OK;
}

static enum status names_move(const struct planner *planner, const struct stream *names)
{
    struct buffer *bytes = &planner->cut->names;
    enum status status = bytes_read(planner, names->rva, names->size_bytes, bytes);
    uint32_t count = status == ST_OK && bytes->len >= 4 ? bytes_u32(bytes->data) : 0;

    if (status == ST_OK && (bytes->len < 4 || count > (bytes->len - 4) / NAME_BYTES))
        return ST_FORMAT;
    for (uint32_t i = 0; status == ST_OK && i < count; i++) {
        uint8_t *place = bytes->data + 4 + (size_t)i * NAME_BYTES + 4;
        uint64_t rva = bytes_u64(place);

        if (!place_move(planner, &rva))
            return ST_UNSUPPORTED;
        bytes_put_u64(place, rva);
    }
    return status;
}

static enum status piece_add(struct minicut *cut, uint64_t offset, uint64_t size_bytes, const uint8_t *bytes)
{
    if (!size_bytes)
        return ST_OK;
    if (cut->piece_count == cut->piece_room) {
        size_t room = cut->piece_room ? 2 * cut->piece_room : 64;
        struct minicut_piece *pieces = realloc(cut->pieces, room * sizeof *pieces);

        if (!pieces)
            return ST_MEMORY;
        cut->pieces = pieces;
        cut->piece_room = room;
    }
    cut->pieces[cut->piece_count++] = (struct minicut_piece){offset, size_bytes, bytes};
    cut->size_bytes += size_bytes;
    return ST_OK;
}

/* What stands in the place of a piece of the file. */
struct overlay {
    uint64_t offset;
    const struct buffer *bytes;
};

/* Adds the file from one offset to another, with overlays (by offset) where they lie. */
static enum status run_add(struct minicut *cut, uint64_t from, uint64_t to, const struct overlay *overlays, size_t count)
{
    enum status status = ST_OK;

    for (size_t i = 0; status == ST_OK && i < count; i++) {
        if (overlays[i].offset < from || overlays[i].offset >= to)
            continue;
        status = overlays[i].bytes->len > to - overlays[i].offset ? ST_FORMAT : piece_add(cut, from, overlays[i].offset - from, NULL);
        if (status == ST_OK)
            status = piece_add(cut, overlays[i].offset, overlays[i].bytes->len, overlays[i].bytes->data);
        from = overlays[i].offset + overlays[i].bytes->len;
    }
    return status == ST_OK ? piece_add(cut, from, to - from, NULL) : status;
}

static int overlay_compare(const void *a, const void *b)
{
    const struct overlay *x = a, *y = b;

    return (x->offset > y->offset) - (x->offset < y->offset);
}

/* All of the file that stays, in its order. */
static enum status file_add(const struct planner *planner, uint64_t names_rva)
{
    struct minicut *cut = planner->cut;
    struct overlay overlays[] = {{0, &cut->header}, {planner->directory_rva, &cut->directory}, {names_rva, &cut->names}};
    size_t count = cut->names.len ? 3 : 2;
    enum status status = ST_OK;

    qsort(overlays, count, sizeof *overlays, overlay_compare);
    for (size_t i = 0; status == ST_OK && i + 1 < count; i++)
        if (overlays[i].offset + overlays[i].bytes->len > overlays[i + 1].offset)
            status = ST_FORMAT;
    if (status == ST_OK)
        status = run_add(cut, 0, planner->memory_from, overlays, count);
    return status == ST_OK ? run_add(cut, planner->memory_to, planner->size_bytes, overlays, count) : status;
}

static uint32_t stacks_found(const struct planner *planner)
{
    uint32_t found = 0;

    for (uint32_t i = 0; i < planner->stack_count; i++)
        found += planner->stacks[i].size_bytes != 0;
    return found;
}

/* The MemoryList, which stands at rva, and the stacks behind it. */
static enum status stacks_add(const struct planner *planner, uint64_t rva)
{
    struct buffer *list = &planner->cut->list;
    uint8_t entry[RANGE_BYTES];
    uint32_t found = stacks_found(planner);
    enum status status;

    rva += 4 + (uint64_t)found * RANGE_BYTES;
    bytes_put_u32(entry, found);
    status = buffer_append(list, entry, 4);
    for (uint32_t i = 0; status == ST_OK && i < planner->stack_count; i++) {
        const struct stack *stack = &planner->stacks[i];

        if (!stack->size_bytes)
            continue;
        if (rva > UINT32_MAX - stack->size_bytes)
            return ST_TOO_LARGE;
        bytes_put_u64(entry, stack->address);
        bytes_put_u32(entry + 8, (uint32_t)stack->size_bytes);
        bytes_put_u32(entry + 12, (uint32_t)rva);
        status = buffer_append(list, entry, sizeof entry);
        rva += stack->size_bytes;
    }
    if (status == ST_OK)
        status = piece_add(planner->cut, 0, list->len, list->data);
    for (uint32_t i = 0; status == ST_OK && i < planner->stack_count; i++)
        status = piece_add(planner->cut, planner->stacks[i].offset, planner->stacks[i].size_bytes, NULL);
    return status;
}

static enum status plan(struct planner *planner)
{
    struct stream memory, names = {0, 0, 0};
    enum status status = header_read(planner);

    if (status == ST_OK && !stream_find(planner, STREAM_MEMORY_64, &memory))
        return ST_NOT_FOUND;
    if (status == ST_OK)
        status = stacks_read(planner);
    if (status == ST_OK)
        status = ranges_read(planner, &memory);
    if (status == ST_OK && stream_find(planner, STREAM_THREAD_NAMES, &names) && names.size_bytes)
        status = names_move(planner, &names);
    if (status != ST_OK)
        return status;
    uint64_t rva = planner->size_bytes - (planner->memory_to - planner->memory_from);
    const struct stream list = {STREAM_MEMORY, 4 + stacks_found(planner) * RANGE_BYTES, (uint32_t)rva};

    if (rva > UINT32_MAX)
        return ST_TOO_LARGE;
    status = directory_move(planner, &list);
    if (status == ST_OK)
        status = file_add(planner, names.rva);
    return status == ST_OK ? stacks_add(planner, rva) : status;
}

enum status minicut_plan(struct minicut *ret, struct file *file, uint64_t size_bytes)
{
    struct planner planner = {.cut = ret, .file = file, .size_bytes = size_bytes};
    enum status status;

    memset(ret, 0, sizeof *ret);
    buffer_init(&ret->header, HEADER_BYTES);
    buffer_init(&ret->directory, STREAMS_MAX * ENTRY_BYTES);
    buffer_init(&ret->names, THREADS_MAX * NAME_BYTES + 4);
    buffer_init(&ret->list, MINICUT_MAX_STACKS * RANGE_BYTES + 4);
    status = plan(&planner);
    if (status == ST_OK && ret->size_bytes >= size_bytes)
        status = ST_NOT_FOUND; /* nothing would be saved */
    free(planner.stacks);
    if (status != ST_OK)
        minicut_done(ret);
    return status;
}
