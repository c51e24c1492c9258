/* file_replace.c - writes a file that is there whole or not at all; apart from file.c, since the client library writes none so. */
#include "base/file_os.h"
#include "base/random.h"
#include "base/text.h"
#include <stdlib.h>

#define PATH_BYTES 65536

/* A name beside path that nobody else has: the random part keeps two writers of one path apart. */
static enum status temporary_name(struct buffer *out, const char *path)
{
    uint8_t random[8];
    char hex[2 * sizeof random + 1];
    enum status status = random_bytes(random, sizeof random);
    if (status)
        return status;
    text_hex(hex, random, sizeof random);
    status = buffer_append_text(out, path);
    if (!status)
        status = buffer_append_byte(out, '.');
    if (!status)
        status = buffer_append_text(out, hex);
    return status ? status : buffer_append_text(out, ".tmp");
}

enum status file_write_whole(const char *path, const void *bytes, size_t size)
{
    struct file file = {FILE_CLOSED};
    struct buffer temporary;
    char *parent = NULL;
    bool made = false;
    buffer_init(&temporary, PATH_BYTES);
    enum status status = temporary_name(&temporary, path);
    if (!status)
        status = file_open(&file, buffer_text(&temporary), FILE_MODE_CREATE);
    made = !status;
    if (!status)
        status = file_write(&file, bytes, size);
    if (!status)
        status = file_sync(&file);
    file_close(&file);
    if (!status)
        status = file_rename(buffer_text(&temporary), path, true);
    if (made && status)
        file_remove(buffer_text(&temporary));
    if (!status) {
        parent = path_parent_os(path);
        status = parent ? folder_sync(parent) : ST_MEMORY;
    }
    free(parent);
    buffer_done(&temporary);
    return status;
}
