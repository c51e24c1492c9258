/* assemble.h - files out of chunks: sentry-cli says of which chunks each file consists and asks what became of it, before it sends chunks
 * and again after. The same question may be asked any number of times.
 *
 * Source: sentry-cli's src/api/data_types/chunking and src/utils/chunks/upload.rs. */
#ifndef SALVOR_SERVER_DEPOT_ASSEMBLE_H
#define SALVOR_SERVER_DEPOT_ASSEMBLE_H
#include "depot/chunk_store.h"
#include "depot/service.h"
#include <jansson.h>

#define ASSEMBLE_MAX_BYTES    (16u * 1024u * 1024u) /* of the question */
#define ASSEMBLE_MAX_FILES    10000u
#define ASSEMBLE_MAX_CHUNKS   65536u /* of one file */
#define ASSEMBLE_MAX_DEBUG_ID 64u

/* One file of a question. */
struct assemble_file {
    char sum[CHUNK_SUM_BYTES]; /* of the whole file */
    const char *name;          /* its last part; lives with the JSON */
    const char *debug_id;      /* "" when not said */
    const json_t *chunks;
    size_t chunk_count;
};
/* False: no file can be meant by that. */
bool assemble_file_read(struct assemble_file *ret, const char *key, const json_t *value);
/* The sum of a chunk of a file that was read. */
void assemble_chunk_sum(const struct assemble_file *file, size_t index, char ret[CHUNK_SUM_BYTES]);

/* Answers a question. project_id: whose chunks. */
void assemble_answer(struct symbol_service *service, int64_t project_id, const struct buffer *question, struct http_response *response);

#endif
