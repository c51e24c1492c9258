/* block.c - makes a copied block safe to read. What names or frames the block must be right, or it is refused; what merely adds to a
 * report (ranges, streams, annotations, the log) is dropped where it is wrong, since a dump without it is still a dump. */
#include "proto/block.h"
#include <string.h>

#define TERMINATE(array) ((array)[sizeof(array) - 1] = 0)

static void terminate_texts(struct block *copy)
{
    TERMINATE(copy->report_id);
    TERMINATE(copy->reason);
    TERMINATE(copy->app);
    TERMINATE(copy->app_version);
    TERMINATE(copy->environment);
    TERMINATE(copy->channel);
    TERMINATE(copy->spool_dir);
    TERMINATE(copy->inbox);
    TERMINATE(copy->url);
    TERMINATE(copy->key);
    for (size_t i = 0; i < BLOCK_MAX_ATTACHMENTS; i++)
        TERMINATE(copy->attachments[i]);
}

/* Key and value may fill their arrays, so they are read by length alone. */
static void clamp_annotations(struct block *copy)
{
    for (size_t i = 0; i < BLOCK_MAX_ANNOTATIONS; i++) {
        struct block_annotation *annotation = &copy->annotations[i];
        if (annotation->key_bytes > BLOCK_MAX_KEY)
            annotation->key_bytes = 0;
        if (annotation->value_bytes > BLOCK_MAX_VALUE || !annotation->key_bytes)
            annotation->value_bytes = 0;
    }
}

/* Whether the range ends within the client's address space. */
static bool range_fits(const struct block *copy, uint64_t address, uint64_t size_bytes)
{
    uint64_t last = copy->pointer_bits == 32 ? UINT32_MAX : UINT64_MAX;
    return size_bytes == 0 || (address <= last && size_bytes - 1 <= last - address);
}

static void drop_bad_ranges(struct block *copy)
{
    for (size_t i = 0; i < BLOCK_MAX_MEMORY_RANGES; i++) {
        if (!range_fits(copy, copy->memory[i].address, copy->memory[i].size_bytes))
            copy->memory[i].size_bytes = 0;
    }
    for (size_t i = 0; i < BLOCK_MAX_STREAMS; i++) {
        if (!range_fits(copy, copy->streams[i].address, copy->streams[i].size_bytes))
            copy->streams[i].size_bytes = 0;
    }
}

const char *block_check(struct block *copy, size_t size_bytes)
{
    if (size_bytes < sizeof *copy)
        return "is shorter than a block";
    if (copy->magic != BLOCK_MAGIC)
        return "does not begin with a block's magic number";
    if (copy->version != BLOCK_VERSION)
        return "is of a version that is not understood";
    if (copy->size_bytes != sizeof *copy)
        return "states a size that is not its version's";
    if (copy->pointer_bits != 32 && copy->pointer_bits != 64)
        return "is of a process that is neither 32- nor 64-bit";
    if (copy->state > BLOCK_FAILED)
        return "is in a state that does not exist";
    if (copy->exception.context_size_bytes > BLOCK_MAX_CONTEXT)
        return "states a context that is longer than its place";
    if (copy->exception.parameter_count > BLOCK_MAX_PARAMETERS)
        copy->exception.parameter_count = BLOCK_MAX_PARAMETERS;
    /* No program lives to log half of 2^64 bytes: the counter was overwritten, and where the ring begins is not known any more. */
    if (copy->log_written > INT64_MAX)
        copy->log_written = 0;
    terminate_texts(copy);
    clamp_annotations(copy);
    drop_bad_ranges(copy);
    return NULL;
}
