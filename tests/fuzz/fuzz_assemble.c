/* fuzz_assemble.c - sentry-cli's question about files and their chunks. Whatever is read of it can be a file: sums are sums, the name is
 * one part of a path. */
#include "depot/assemble.h"
#include "fuzz.h"
#include <stdlib.h>
#include <string.h>

static void check(const struct assemble_file *file)
{
    char sum[CHUNK_SUM_BYTES];
    if (strlen(file->sum) != CHUNK_SUM_BYTES - 1 || strchr(file->name, '/') || file->chunk_count > ASSEMBLE_MAX_CHUNKS ||
        strlen(file->debug_id) > ASSEMBLE_MAX_DEBUG_ID)
        abort();
    for (size_t i = 0; i < file->chunk_count; i++) {
        memset(sum, 'x', sizeof sum);
        assemble_chunk_sum(file, i, sum);
        if (sum[CHUNK_SUM_BYTES - 1] || strspn(sum, "0123456789abcdef") != CHUNK_SUM_BYTES - 1)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *question = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL), *value;
    const char *key;
    struct assemble_file file;
    if (json_is_object(question))
        json_object_foreach(question, key, value) if (assemble_file_read(&file, key, value)) check(&file);
    json_decref(question);
    return 0;
}
