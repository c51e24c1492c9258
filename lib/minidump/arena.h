/* arena.h - memory for one parse: given out in pieces, bounded by a ceiling, freed at once. */
#ifndef SALVOR_MINIDUMP_ARENA_H
#define SALVOR_MINIDUMP_ARENA_H
#include <stdbool.h>
#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *blocks;
    size_t given_bytes, max_bytes;
    bool exhausted; /* an allocation failed, by the ceiling or for lack of memory */
};

void arena_init(struct arena *arena, size_t max_bytes);
void arena_done(struct arena *arena); /* may be called twice */
/* Zeroed memory for count items of size bytes each, aligned for integers and pointers; NULL past the ceiling or without memory. */
void *arena_alloc(struct arena *arena, size_t count, size_t size);
/* A copy of size bytes of text with a terminator, or NULL. */
char *arena_text(struct arena *arena, const char *text, size_t size);

#endif
