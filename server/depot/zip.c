/* zip.c - ZIP archives by libzip. An entry's own path is looked at for its last part only; it is written under a name of ours, and what
 * comes out is counted, whatever the archive says of sizes. */
#include "depot/gather.h"
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#define READ_BYTES 65536u

struct unpacking {
    struct gather *gather;
    const char *path;
    zip_t *zip;
    uint64_t left_bytes; /* of what all entries may unpack to */
};

static enum status write_entry(struct unpacking *unpacking, zip_file_t *entry, struct file *out)
{
    uint8_t bytes[READ_BYTES];
    uint64_t file_left = unpacking->gather->max_file_bytes;
    zip_int64_t got;
    enum status status = ST_OK;
    while (!status && (got = zip_fread(entry, bytes, sizeof bytes)) != 0) {
        uint64_t size = got < 0 ? 0 : (uint64_t)got;
        if (got < 0)
            return ST_FORMAT; /* also a wrong checksum */
        if (size > file_left || size > unpacking->left_bytes)
            return ST_TOO_LARGE;
        file_left -= size;
        unpacking->left_bytes -= size;
        status = file_write(out, bytes, (size_t)size);
    }
    return status ? status : file_sync(out);
}

static enum status unpack_entry(struct unpacking *unpacking, zip_uint64_t index, const char *to)
{
    struct file out = {FILE_CLOSED};
    zip_file_t *entry = zip_fopen_index(unpacking->zip, index, 0);
    enum status status = entry ? file_open(&out, to, FILE_MODE_CREATE) : ST_FORMAT; /* damaged, encrypted, or packed in an unknown way */
    if (!status)
        status = write_entry(unpacking, entry, &out);
    file_close(&out);
    if (entry)
        zip_fclose(entry);
    return status;
}

static void refuse_entry(struct unpacking *unpacking, const char *name, enum status status)
{
    struct gather *gather = unpacking->gather;
    gather->refused++;
    gather->tell(gather->context, name, GATHER_REFUSED, NULL,
                 status == ST_TOO_LARGE ? "unpacks to more than the limits allow" : "is damaged, encrypted, or packed in an unknown way");
}

/* Errors are those that end all: the disk, memory, or the limit of the whole archive. */
static enum status gather_entry(struct unpacking *unpacking, zip_uint64_t index)
{
    const char *name = zip_get_name(unpacking->zip, index, ZIP_FL_ENC_GUESS);
    size_t length = name ? strlen(name) : 0;
    if (!length || name[length - 1] == '/')
        return ST_OK;
    char *to = gather_new_path(unpacking->gather);
    enum status status = to ? unpack_entry(unpacking, index, to) : ST_MEMORY;
    if (!status) {
        status = gather_new_file(unpacking->gather, to, name, path_base(name));
    } else if (status == ST_FORMAT || status == ST_TOO_LARGE) {
        refuse_entry(unpacking, name, status);
        status = unpacking->left_bytes ? ST_OK : status;
    }
    if (to)
        file_remove(to);
    free(to);
    return status;
}

enum status gather_zip(struct gather *gather, const char *path)
{
    int code = 0;
    struct unpacking unpacking = {.gather = gather, .path = path, .left_bytes = GATHER_MAX_ZIP_BYTES};
    unpacking.zip = zip_open(path, ZIP_RDONLY, &code);
    if (!unpacking.zip)
        return code == ZIP_ER_MEMORY ? ST_MEMORY : ST_FORMAT;
    zip_int64_t count = zip_get_num_entries(unpacking.zip, 0);
    enum status status = count < 0 || (uint64_t)count > GATHER_MAX_ZIP_ENTRIES ? ST_TOO_LARGE : ST_OK;
    for (zip_int64_t i = 0; i < count && !status; i++)
        status = gather_entry(&unpacking, (zip_uint64_t)i);
    zip_discard(unpacking.zip);
    return status;
}
