/* scratch.c - the name is removed while the file is open, on Windows too, where that takes effect with the last handle. */
#include "uploader/scratch.h"
#include "base/random.h"
#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>

enum status scratch_create(struct scratch *ret, const char *folder)
{
    uint8_t random[12];
    char hex[2 * sizeof random + 1], name[sizeof hex + 16];
    struct file file = {FILE_CLOSED};
    char *path;
    enum status status = random_bytes(random, sizeof random);

    if (status != ST_OK)
        return status;
    text_hex(hex, random, sizeof random);
    snprintf(name, sizeof name, "body-%s.tmp", hex);
    path = path_joined(folder, name);
    status = path ? file_open(&file, path, FILE_MODE_CREATE) : ST_MEMORY;
    if (status == ST_OK && file_remove(path) == ST_OK) {
        free(path);
        path = NULL;
    }
    if (status != ST_OK) {
        free(path);
        return status;
    }
    ret->file = file;
    ret->path = path;
    return ST_OK;
}

void scratch_done(struct scratch *scratch)
{
    file_close(&scratch->file);
    if (scratch->path)
        file_remove(scratch->path);
    free(scratch->path);
    scratch->path = NULL;
}
