/* fuzz_minicut.c - the plan of a cut: the input is the dump. Pieces lie within the file, and the cut is smaller. */
#include "base/process.h"
#include "fuzz.h"
#include "uploader/minicut.h"
#include <stdio.h>
#include <stdlib.h>

static struct file file = {FILE_CLOSED};
static char path[64];

static void file_forget(void)
{
    file_close(&file);
    file_remove(path);
}

static void must(enum status status)
{
    if (status != ST_OK)
        abort();
}

/* One file for all inputs, in the current folder. */
static void file_begin(void)
{
    if (file.os == FILE_CLOSED) {
        snprintf(path, sizeof path, "fuzz-minicut-%u.dmp", (unsigned)process_self_id());
        must(file_open(&file, path, FILE_MODE_REPLACE));
        atexit(file_forget);
    }
    must(file_truncate(&file, 0));
    must(file_seek(&file, 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct minicut cut;
    uint64_t total = 0;

    file_begin();
    must(file_write(&file, data, size));
    if (minicut_plan(&cut, &file, size) == ST_OK) {
        for (size_t i = 0; i < cut.piece_count; i++) {
            const struct minicut_piece *piece = &cut.pieces[i];

            if (!piece->bytes && (piece->offset > size || piece->size_bytes > size - piece->offset))
                abort();
            total += piece->size_bytes;
        }
        if (total != cut.size_bytes || total >= size)
            abort();
    }
    minicut_done(&cut);
    return 0;
}
