/* block.c - makes a copied block safe to read. Only its head can get it refused; everything else that is wrong is dropped by itself, since
 * a dump without it is still a dump. */
#include "proto/block.h"
#include "base/text.h"
#include <string.h>

/* Text that fills its array without an end, or is no UTF-8, was not written by a setter. */
static void mend_text(struct block *copy, char *text, size_t size)
{
    const char *end = memchr(text, 0, size);

    if (end && text_is_utf8(text, (size_t)(end - text)))
        return;
    text[0] = 0;
    copy->damaged = 1;
}

#define MEND_TEXT(array) mend_text(copy, array, sizeof(array))

static void mend_texts(struct block *copy)
{
    MEND_TEXT(copy->report_id);
    MEND_TEXT(copy->reason);
    MEND_TEXT(copy->app);
    MEND_TEXT(copy->app_version);
    MEND_TEXT(copy->environment);
    MEND_TEXT(copy->channel);
    MEND_TEXT(copy->spool_dir);
    MEND_TEXT(copy->inbox);
    MEND_TEXT(copy->url);
    MEND_TEXT(copy->key);
    MEND_TEXT(copy->comment.report_id);
    MEND_TEXT(copy->comment.name);
    MEND_TEXT(copy->comment.email);
    MEND_TEXT(copy->comment.text);
    for (size_t i = 0; i < BLOCK_MAX_ATTACHMENTS; i++)
        MEND_TEXT(copy->attachments[i]);
}

/* Key and value may fill their arrays, so they are read by length alone. */
static void mend_annotations(struct block *copy)
{
    for (size_t i = 0; i < BLOCK_MAX_ANNOTATIONS; i++) {
        struct block_annotation *annotation = &copy->annotations[i];
        if (annotation->key_bytes <= BLOCK_MAX_KEY && annotation->value_bytes <= BLOCK_MAX_VALUE)
            continue;
        annotation->key_bytes = annotation->value_bytes = 0;
        copy->damaged = 1;
    }
}

/* Whether the range ends within the client's address space. */
static bool range_fits(const struct block *copy, uint64_t address, uint64_t size_bytes)
{
    uint64_t last = copy->pointer_bits == 32 ? UINT32_MAX : UINT64_MAX;
    return size_bytes == 0 || (address <= last && size_bytes - 1 <= last - address);
}

static void mend_ranges(struct block *copy)
{
    for (size_t i = 0; i < BLOCK_MAX_MEMORY_RANGES; i++) {
        if (range_fits(copy, copy->memory[i].address, copy->memory[i].size_bytes))
            continue;
        copy->memory[i].size_bytes = 0;
        copy->damaged = 1;
    }
    for (size_t i = 0; i < BLOCK_MAX_STREAMS; i++) {
        if (range_fits(copy, copy->streams[i].address, copy->streams[i].size_bytes))
            continue;
        copy->streams[i].size_bytes = 0;
        copy->damaged = 1;
    }
}

/* A word that is above its largest value becomes instead. */
static void mend_word(struct block *copy, uint32_t *word, uint32_t largest, uint32_t instead)
{
    if (*word <= largest)
        return;
    *word = instead;
    copy->damaged = 1;
}

static void mend_words(struct block *copy)
{
    mend_word(copy, &copy->state, BLOCK_FAILED, BLOCK_DUMPING);
    mend_word(copy, &copy->dump_kind, BLOCK_MAX_DUMP_KIND, 0);
    mend_word(copy, &copy->most_dump_kind, BLOCK_MAX_DUMP_KIND, 0);
    mend_word(copy, &copy->after_dump, BLOCK_MAX_AFTER_DUMP, 0);
    mend_word(copy, &copy->consent, BLOCK_CONSENT_NO, BLOCK_CONSENT_NO); /* what cannot be read counts as no */
    mend_word(copy, &copy->exception.context_size_bytes, BLOCK_MAX_CONTEXT, 0);
    mend_word(copy, &copy->exception.parameter_count, BLOCK_MAX_PARAMETERS, BLOCK_MAX_PARAMETERS);
    /* No program lives to log half of 2^64 bytes: the counter was overwritten, and where the ring begins is not known any more. */
    if (copy->log_written > INT64_MAX) {
        copy->log_written = 0;
        copy->damaged = 1;
    }
}

static void mend(struct block *copy)
{
    mend_words(copy);
    mend_texts(copy);
    mend_annotations(copy);
    mend_ranges(copy);
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
    copy->damaged = 0;
    mend(copy);
    return NULL;
}

void block_mend(struct block *copy, const struct block_owner *owner)
{
    bool is_sound = copy->magic == BLOCK_MAGIC && copy->version == BLOCK_VERSION && copy->size_bytes == sizeof *copy &&
                    copy->pid == owner->pid && copy->pointer_bits == owner->pointer_bits && copy->start_filetime == owner->start_filetime;

    copy->magic = BLOCK_MAGIC;
    copy->version = BLOCK_VERSION;
    copy->size_bytes = sizeof *copy;
    copy->pid = owner->pid;
    copy->pointer_bits = owner->pointer_bits;
    copy->start_filetime = owner->start_filetime;
    copy->damaged = is_sound ? 0 : 1;
    mend(copy);
}
