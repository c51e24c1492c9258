/* cabinet.c - libmspack over memory: it opens no file itself, and what it writes and allocates has ceilings. */
#include "process/cabinet.h"
#include "base/file.h"
#include "process/mapping.h"
#include <mspack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ALLOCATION ((size_t)64 << 20)
#define NAME_IN        "in"
#define NAME_OUT       "out"

/* libmspack's table of functions comes first, so that its pointers lead here. */
struct cabinet {
    struct mspack_system system;
    struct span bytes;
    struct file *out;
    uint64_t written, max_bytes;
    enum status status; /* of writing */
};

/* The archive as an open file; there may be several at once. The output has no position. */
struct stream {
    struct mspack_file base;
    struct cabinet *cabinet;
    size_t at;
    bool is_out;
};

static struct cabinet *cabinet_of(struct mspack_system *system)
{
    return (struct cabinet *)system;
}

static struct stream *stream_of(struct mspack_file *file)
{
    return (struct stream *)file;
}

static struct mspack_file *stream_open(struct mspack_system *system, const char *name, int mode)
{
    struct stream *stream = calloc(1, sizeof(*stream));
    bool is_out = mode != MSPACK_SYS_OPEN_READ;

    if (!stream || strcmp(name, is_out ? NAME_OUT : NAME_IN) != 0) {
        free(stream);
        return NULL;
    }
    stream->cabinet = cabinet_of(system);
    stream->is_out = is_out;
    return &stream->base;
}

static void stream_close(struct mspack_file *file)
{
    free(stream_of(file));
}

static int stream_read(struct mspack_file *file, void *buffer, int bytes)
{
    struct stream *stream = stream_of(file);
    size_t left = stream->cabinet->bytes.len - stream->at, size = bytes < 0 ? 0 : (size_t)bytes;

    if (stream->is_out)
        return -1;
    size = size < left ? size : left;
    if (size)
        memcpy(buffer, stream->cabinet->bytes.data + stream->at, size);
    stream->at += size;
    return (int)size;
}

static int stream_write(struct mspack_file *file, void *buffer, int bytes)
{
    struct stream *stream = stream_of(file);
    struct cabinet *cabinet = stream->cabinet;

    if (!stream->is_out || bytes < 0)
        return -1;
    cabinet->written += (unsigned)bytes;
    cabinet->status = cabinet->written > cabinet->max_bytes ? ST_TOO_LARGE : file_write(cabinet->out, buffer, (size_t)bytes);
    return cabinet->status == ST_OK ? bytes : -1;
}

static int stream_seek(struct mspack_file *file, off_t offset, int mode)
{
    struct stream *stream = stream_of(file);
    off_t size = (off_t)stream->cabinet->bytes.len;
    off_t from = mode == MSPACK_SYS_SEEK_START ? 0 : mode == MSPACK_SYS_SEEK_END ? size : (off_t)stream->at;

    if (stream->is_out || offset < -from || offset > size - from)
        return -1;
    stream->at = (size_t)(from + offset);
    return 0;
}

static off_t stream_tell(struct mspack_file *file)
{
    return (off_t)stream_of(file)->at;
}

static void no_message(struct mspack_file *file, const char *format, ...) BASE_PRINTF(2, 3);
static void no_message(struct mspack_file *file, const char *format, ...)
{
    (void)file;
    (void)format;
}

static void *bounded_alloc(struct mspack_system *system, size_t bytes)
{
    (void)system;
    return bytes <= MAX_ALLOCATION ? malloc(bytes ? bytes : 1) : NULL;
}

static void copy(void *from, void *to, size_t bytes)
{
    memcpy(to, from, bytes);
}

bool cabinet_is(struct span bytes)
{
    return bytes.len >= 4 && memcmp(bytes.data, "MSCF", 4) == 0;
}

static enum status extract(struct cabinet *cabinet, struct mscab_decompressor *mscab, const char **ret_why)
{
    struct mscabd_cabinet *archive = mscab->open(mscab, NAME_IN);
    enum status status = ST_FORMAT;

    *ret_why = "is a damaged CAB archive";
    if (!archive)
        return mscab->last_error(mscab) == MSPACK_ERR_NOMEMORY ? ST_MEMORY : ST_FORMAT;
    if (!archive->files || archive->files->next) {
        *ret_why = "is a CAB archive of another number of files than one";
    } else if (mscab->extract(mscab, archive->files, NAME_OUT) == MSPACK_ERR_OK && cabinet->written == archive->files->length) {
        status = ST_OK;
    }
    mscab->close(mscab, archive);
    if (cabinet->status != ST_OK) {
        *ret_why = "is a CAB archive that could not be unpacked: it is larger than the limit, or there is no space";
        status = cabinet->status;
    }
    return status;
}

enum status cabinet_expand(struct span bytes, struct file *out, uint64_t max_bytes, const char **ret_why)
{
    struct cabinet cabinet = {
        .system = {stream_open, stream_close, stream_read, stream_write, stream_seek, stream_tell, no_message, bounded_alloc, free, copy,
                   NULL},
        .bytes = bytes,
        .out = out,
        .max_bytes = max_bytes,
    };
    struct mscab_decompressor *mscab = mspack_create_cab_decompressor(&cabinet.system);
    enum status status = ST_MEMORY;

    *ret_why = "could not be unpacked for lack of memory";
    if (mscab)
        status = extract(&cabinet, mscab, ret_why);
    mspack_destroy_cab_decompressor(mscab);
    return status;
}

enum status cabinet_expand_file(const char *from, const char *to, uint64_t max_bytes, const char **ret_why)
{
    struct span bytes = {NULL, 0};
    struct file out = {FILE_CLOSED};
    enum status status = mapping_open(&bytes, from);

    *ret_why = "could not be opened";
    if (status != ST_OK)
        return status;
    *ret_why = "could not be unpacked: its place cannot be written";
    status = file_open(&out, to, FILE_MODE_REPLACE);
    if (status == ST_OK) {
        status = cabinet_expand(bytes, &out, max_bytes, ret_why);
        if (status == ST_OK)
            status = file_sync(&out);
        file_close(&out);
        if (status != ST_OK)
            file_remove(to);
    }
    mapping_close(&bytes);
    return status;
}
