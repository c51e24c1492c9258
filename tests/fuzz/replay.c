/* replay.c - runs a fuzz target over the files of a folder, and over every beginning of each: without a fuzzer, under the sanitizers. */
#include "base/file.h"
#include "fuzz.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE_BYTES ((size_t)16 << 20)
#define MAX_BEGINNINGS 4096u /* of a long file the beginnings are sampled */

/* Its own block of exactly that size, so that a read behind the end is seen. */
static void feed(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);

    if (!copy)
        abort();
    if (size)
        memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static enum status replay(const char *path)
{
    struct buffer bytes;
    enum status status;
    size_t step, size;

    buffer_init(&bytes, MAX_FILE_BYTES);
    status = file_read_whole(path, MAX_FILE_BYTES, &bytes);
    if (status == ST_OK) {
        step = bytes.len / MAX_BEGINNINGS + 1;
        for (size = 0; size < bytes.len; size += step)
            feed(bytes.data, size);
        feed(bytes.data, bytes.len);
    }
    buffer_done(&bytes);
    return status;
}

int main(int argc, char **argv)
{
    struct folder *folder = NULL;
    const char *name;
    unsigned count = 0;
    enum status status;

    if (argc != 2) {
        fprintf(stderr, "usage: fuzz_NAME CORPUS_DIR\n");
        return 2;
    }
    status = folder_open(&folder, argv[1]);
    while (status == ST_OK && (status = folder_next(folder, &name)) == ST_OK) {
        char *path = path_joined(argv[1], name);
        status = path ? replay(path) : ST_MEMORY;
        free(path);
        count++;
    }
    folder_close(folder);
    printf("%u files replayed: %s\n", count, status_text(status));
    return status == ST_END && count > 0 ? 0 : 1;
}
