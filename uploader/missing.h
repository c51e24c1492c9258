/* missing.h - the question which symbol files a server lacks, and its answer (docs/protocol.md, `POST /api/<project>/symbols/missing`). */
#ifndef SALVOR_UPLOADER_MISSING_H
#define SALVOR_UPLOADER_MISSING_H
#include "base/buffer.h"
#include "uploader/symbol_list.h"

/* Limits of one question. */
#define MISSING_MAX_ENTRIES 10000u
#define MISSING_MAX_BYTES   (1u << 20)

/* Appends the question for entries from first on, as many as fit; *ret_next is the first that did not. */
enum status missing_ask(const struct symbol_list *list, size_t first, struct buffer *out, size_t *ret_next);
/* Marks the entries of [first, next) that the answer names, in its order. ST_FORMAT: it is no such answer, or names what was not asked. */
enum status missing_mark(struct symbol_list *list, size_t first, size_t next, const void *answer, size_t size);

#endif
