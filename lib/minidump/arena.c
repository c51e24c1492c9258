/* arena.c - a chain of blocks; pieces are cut off the newest one. */
#include "minidump/arena.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)16384)
#define ALIGN_BYTES ((size_t)8)

struct arena_block {
    struct arena_block *next;
    size_t used_bytes, size_bytes;
    uint64_t data[];
};

void arena_init(struct arena *arena, size_t max_bytes)
{
    memset(arena, 0, sizeof(*arena));
    arena->max_bytes = max_bytes;
}

void arena_done(struct arena *arena)
{
    struct arena_block *block = arena->blocks;

    while (block) {
        struct arena_block *next = block->next;

        free(block);
        block = next;
    }
    arena_init(arena, arena->max_bytes);
}

static struct arena_block *block_add(struct arena *arena, size_t need_bytes)
{
    size_t size = need_bytes > BLOCK_BYTES ? need_bytes : BLOCK_BYTES;
    struct arena_block *block = calloc(1, sizeof(*block) + size);

    if (!block)
        return NULL;
    block->size_bytes = size;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t count, size_t size)
{
    struct arena_block *block = arena->blocks;
    size_t need;
    void *piece;

    if (size && count > (SIZE_MAX - ALIGN_BYTES) / size)
        goto exhausted;
    need = (count * size + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
    if (need > arena->max_bytes - arena->given_bytes)
        goto exhausted;
    if (!block || need > block->size_bytes - block->used_bytes)
        block = block_add(arena, need);
    if (!block)
        goto exhausted;
    piece = (uint8_t *)block->data + block->used_bytes;
    block->used_bytes += need;
    arena->given_bytes += need;
    return piece;

exhausted:
    arena->exhausted = true;
    return NULL;
}

char *arena_text(struct arena *arena, const char *text, size_t size)
{
    char *copy = size < SIZE_MAX ? arena_alloc(arena, size + 1, 1) : NULL;

    if (copy && size)
        memcpy(copy, text, size);
    return copy;
}
