/* texts.h - a pool that keeps each text once; not for other folders. */
#ifndef SALVOR_SYMBOLS_TEXTS_H
#define SALVOR_SYMBOLS_TEXTS_H
#include "base/buffer.h"

struct texts_slot {
    uint32_t offset, hash; /* offset 0 = free */
};

struct texts {
    uint8_t *data; /* what CACHE_TEXTS holds: a NUL, then each text with its own */
    uint32_t len, room;
    struct texts_slot *slots;
    uint32_t slot_count, used; /* slot_count is a power of two */
    uint64_t seed;             /* so that nobody can choose texts whose hashes are alike */
    struct buffer scratch;
};

enum status texts_init(struct texts *texts);
void texts_done(struct texts *texts); /* may be called twice */
/* The offset of the text, malformed UTF-8 and NULs replaced; an empty one has offset 0. Errors: ST_TOO_LARGE, ST_MEMORY. */
enum status texts_add(struct texts *texts, const char *text, size_t size, uint32_t *ret_offset);
/* Frees what only texts_add needs. */
void texts_finish(struct texts *texts);

#endif
