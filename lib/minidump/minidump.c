/* minidump.c - header and directory; each known stream goes to its reader, in an order in which readers can build on earlier ones. */
#include "minidump/minidump.h"
#include "minidump/reader.h"
#include "proto/record.h"
#include <inttypes.h>
#include <stdlib.h>

#define MINIDUMP_SIGNATURE    0x504d444du /* "MDMP" */
#define MINIDUMP_BIG_ENDIAN   0x4d444d50u
#define MINIDUMP_VERSION      0xa793u
#define HEADER_BYTES          32u
#define DIRECTORY_ENTRY       12u
#define SCRATCH_CEILING_BYTES ((size_t)4 * MINIDUMP_MAX_TEXT_BYTES)

/* MINIDUMP_STREAM_TYPE, and Breakpad's and Crashpad's additions. */
enum {
    STREAM_UNUSED = 0,
    STREAM_THREAD_LIST = 3,
    STREAM_MODULE_LIST = 4,
    STREAM_EXCEPTION = 6,
    STREAM_SYSTEM_INFO = 7,
    STREAM_COMMENT_A = 10,
    STREAM_COMMENT_W = 11,
    STREAM_HANDLE_DATA = 12,
    STREAM_UNLOADED_MODULE_LIST = 14,
    STREAM_MISC_INFO = 15,
    STREAM_MEMORY_INFO_LIST = 16,
    STREAM_THREAD_INFO_LIST = 17,
    STREAM_SYSTEM_MEMORY = 21,
    STREAM_PROCESS_MEMORY = 22,
    STREAM_THREAD_NAMES = 24,
    STREAM_BREAKPAD_INFO = 0x47670001,
    STREAM_ASSERTION = 0x47670002,
    STREAM_CRASHPAD_INFO = 0x43500001
};

static const struct {
    uint32_t type;
    void (*read)(struct minidump_reader *reader, struct span stream);
} stream_readers[] = {
    {STREAM_SYSTEM_INFO, reader_system_info},
    {STREAM_MISC_INFO, reader_misc_info},
    {STREAM_THREAD_LIST, reader_thread_list},
    {STREAM_THREAD_INFO_LIST, reader_thread_info},
    {STREAM_THREAD_NAMES, reader_thread_names},
    {STREAM_MODULE_LIST, reader_module_list},
    {STREAM_UNLOADED_MODULE_LIST, reader_unloaded_list},
    {STREAM_MEMORY_INFO_LIST, reader_memory_info},
    {STREAM_EXCEPTION, reader_exception},
    {STREAM_HANDLE_DATA, reader_handles},
    {STREAM_SYSTEM_MEMORY, reader_system_memory},
    {STREAM_PROCESS_MEMORY, reader_process_memory},
    {STREAM_COMMENT_A, reader_comment_a},
    {STREAM_COMMENT_W, reader_comment_w},
    {STREAM_BREAKPAD_INFO, reader_breakpad_info},
    {STREAM_ASSERTION, reader_assertion},
    {STREAM_CRASHPAD_INFO, reader_crashpad_info},
};

static enum status header_check(struct span bytes, const char **ret_why)
{
    uint32_t signature, version;

    if (!bytes.len) {
        *ret_why = "the file is empty";
        return ST_TRUNCATED;
    }
    if (!span_u32(bytes, 0, &signature) || (signature != MINIDUMP_SIGNATURE && signature != MINIDUMP_BIG_ENDIAN)) {
        *ret_why = "the file is no minidump: it does not begin with MDMP";
        return ST_FORMAT;
    }
    if (signature == MINIDUMP_BIG_ENDIAN) {
        *ret_why = "the minidump is in big-endian byte order, which is not read";
        return ST_UNSUPPORTED;
    }
    if (!span_has(bytes, 0, HEADER_BYTES)) {
        *ret_why = "the minidump ends inside its header";
        return ST_TRUNCATED;
    }
    version = bytes_u32(bytes.data + 4);
    if ((version & 0xffff) != MINIDUMP_VERSION) {
        *ret_why = "the minidump is of an unknown version";
        return ST_VERSION;
    }
    return ST_OK;
}

/* Clips a stream to the file, so that a truncated dump still shows the part that is there. */
static struct span stream_bytes(struct minidump_reader *reader, uint32_t type, uint32_t size, uint32_t rva)
{
    struct span file = reader->model.bytes, bytes = {NULL, 0};

    if (span_sub(file, rva, size, &bytes))
        return bytes;
    if (rva > file.len)
        rva = (uint32_t)file.len;
    span_sub(file, rva, file.len - rva, &bytes);
    reader_note(reader, "stream 0x%" PRIx32 ": %zu of its %" PRIu32 " bytes are in the file", type, bytes.len, size);
    return bytes;
}

static enum status directory_read(struct minidump_reader *reader, const char **ret_why)
{
    struct minidump *model = &reader->model;
    uint32_t announced = bytes_u32(model->bytes.data + 8), rva = bytes_u32(model->bytes.data + 12);
    size_t count = reader_count(reader, "stream directory", model->bytes, rva, announced, DIRECTORY_ENTRY, MINIDUMP_MAX_STREAMS);
    struct minidump_stream *streams;

    if (!count && announced) {
        *ret_why = "the minidump ends before its stream directory";
        return ST_TRUNCATED;
    }
    streams = arena_alloc(&reader->arena, count, sizeof(*streams));
    if (!streams) {
        *ret_why = "no memory for the stream directory";
        return ST_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        const uint8_t *entry = model->bytes.data + rva + i * DIRECTORY_ENTRY;

        streams[i].type = bytes_u32(entry);
        streams[i].offset = bytes_u32(entry + 8);
        if (streams[i].type != STREAM_UNUSED)
            streams[i].bytes = stream_bytes(reader, streams[i].type, bytes_u32(entry + 4), bytes_u32(entry + 8));
    }
    model->streams = streams;
    model->stream_count = count;
    return ST_OK;
}

static void streams_read(struct minidump_reader *reader)
{
    struct span stream;

    for (size_t i = 0; i < sizeof(stream_readers) / sizeof(stream_readers[0]); i++)
        if (reader_stream(reader, stream_readers[i].type, &stream))
            stream_readers[i].read(reader, stream);
    reader_stream(reader, PROTO_STREAM_RECORD, &reader->model.record);
    reader_stream(reader, PROTO_STREAM_LOG, &reader->model.log);
    reader_modules_finish(reader);
    reader_memory_finish(reader);
}

static struct minidump_reader *reader_create(struct span bytes)
{
    struct minidump_reader *reader = calloc(1, sizeof(*reader));

    if (!reader)
        return NULL;
    reader->model.bytes = bytes;
    reader->model.soft_errors = reader->notes;
    reader->model.comment = reader->model.assertion = "";
    reader->model.system.service_pack = reader->model.misc.build = "";
    reader->text_left_bytes = MINIDUMP_MAX_ALL_TEXT_BYTES;
    arena_init(&reader->arena, MINIDUMP_MAX_HEAP_BYTES);
    buffer_init(&reader->scratch, SCRATCH_CEILING_BYTES);
    return reader;
}

enum status minidump_open(struct minidump **ret, struct span bytes, const char **ret_why)
{
    enum status status = header_check(bytes, ret_why);
    struct minidump_reader *reader;

    if (status != ST_OK)
        return status;
    reader = reader_create(bytes);
    if (!reader) {
        *ret_why = "no memory to read the minidump";
        return ST_MEMORY;
    }
    reader->model.timestamp = bytes_u32(bytes.data + 20);
    reader->model.flags = bytes_u64(bytes.data + 24);
    status = directory_read(reader, ret_why);
    if (status != ST_OK) {
        minidump_close(&reader->model);
        return status;
    }
    streams_read(reader);
    buffer_done(&reader->scratch);
    *ret = &reader->model;
    return ST_OK;
}

void minidump_close(struct minidump *minidump)
{
    struct minidump_reader *reader = (struct minidump_reader *)minidump;

    if (!reader)
        return;
    buffer_done(&reader->scratch);
    arena_done(&reader->arena);
    free(reader);
}
