/* texts.c - open addressing over offsets into one block of memory: symbol files repeat their unwind rules and names many times over. */
#include "symbols/texts.h"
#include "base/random.h"
#include "base/text.h"
#include "symbols/builder.h"
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 1024u
#define FIRST_BYTES 65536u
#define MULTIPLIER  0x9e3779b97f4a7c15u

static uint64_t word_at(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return word;
}

static uint64_t last_word(const char *p, size_t size)
{
    uint64_t word = 0;

    if (size)
        memcpy(&word, p, size);
    return word;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * MULTIPLIER;
    return hash ^ hash >> 29;
}

static uint32_t hash_of(const struct texts *texts, const char *text, size_t size)
{
    uint64_t hash = texts->seed ^ size;

    for (; size >= 8; size -= 8, text += 8)
        hash = mix(hash, word_at(text));
    hash = mix(hash, last_word(text, size));
    return (uint32_t)(hash >> 32);
}

static bool is_plain_ascii(const char *text, size_t size)
{
    if (memchr(text, 0, size))
        return false;
    for (; size >= 8; size -= 8, text += 8) {
        if (word_at(text) & 0x8080808080808080u)
            return false;
    }
    return !(last_word(text, size) & 0x8080808080808080u);
}

enum status texts_init(struct texts *texts)
{
    memset(texts, 0, sizeof *texts);
    buffer_init(&texts->scratch, (size_t)SYMBOL_MAX_TEXT_BYTES);
    if (random_bytes(&texts->seed, sizeof texts->seed))
        texts->seed = MULTIPLIER;
    texts->data = malloc(FIRST_BYTES);
    texts->slots = calloc(FIRST_SLOTS, sizeof *texts->slots);
    if (!texts->data || !texts->slots) {
        texts_done(texts);
        return ST_MEMORY;
    }
    texts->data[0] = 0;
    texts->len = 1;
    texts->room = FIRST_BYTES;
    texts->slot_count = FIRST_SLOTS;
    return ST_OK;
}

void texts_finish(struct texts *texts)
{
    free(texts->slots);
    texts->slots = NULL;
    texts->slot_count = 0;
    buffer_done(&texts->scratch);
}

void texts_done(struct texts *texts)
{
    texts_finish(texts);
    free(texts->data);
    texts->data = NULL;
    texts->len = texts->room = 0;
}

static enum status slots_grow(struct texts *texts)
{
    uint32_t count = texts->slot_count * 2;
    struct texts_slot *slots = calloc(count, sizeof *slots);

    if (!slots)
        return ST_MEMORY;
    for (uint32_t i = 0; i < texts->slot_count; i++) {
        uint32_t at = texts->slots[i].hash & (count - 1);

        if (!texts->slots[i].offset)
            continue;
        while (slots[at].offset)
            at = (at + 1) & (count - 1);
        slots[at] = texts->slots[i];
    }
    free(texts->slots);
    texts->slots = slots;
    texts->slot_count = count;
    return ST_OK;
}

static enum status data_append(struct texts *texts, const char *text, size_t size, uint32_t *ret_offset)
{
    uint32_t need = texts->len + (uint32_t)size + 1;

    if (need > texts->room) {
        uint32_t room = texts->room + texts->room / 2 > need ? texts->room + texts->room / 2 : need;
        uint8_t *data = realloc(texts->data, room);

        if (!data)
            return ST_MEMORY;
        texts->data = data;
        texts->room = room;
    }
    memcpy(texts->data + texts->len, text, size);
    texts->data[need - 1] = 0;
    *ret_offset = texts->len;
    texts->len = need;
    return ST_OK;
}

static bool is_text_at(const struct texts *texts, uint32_t offset, const char *text, size_t size)
{
    return size < texts->len - offset && memcmp(texts->data + offset, text, size) == 0 && texts->data[offset + size] == 0;
}

static enum status add_clean(struct texts *texts, const char *text, size_t size, uint32_t *ret_offset)
{
    uint32_t hash = hash_of(texts, text, size), at = hash & (texts->slot_count - 1);
    enum status status;

    while (texts->slots[at].offset) {
        if (texts->slots[at].hash == hash && is_text_at(texts, texts->slots[at].offset, text, size)) {
            *ret_offset = texts->slots[at].offset;
            return ST_OK;
        }
        at = (at + 1) & (texts->slot_count - 1);
    }
    status = data_append(texts, text, size, ret_offset);
    if (status)
        return status;
    texts->slots[at] = (struct texts_slot){*ret_offset, hash};
    texts->used++;
    return texts->used > texts->slot_count / 4 * 3 ? slots_grow(texts) : ST_OK;
}

enum status texts_add(struct texts *texts, const char *text, size_t size, uint32_t *ret_offset)
{
    enum status status = ST_OK;

    if (!size) {
        *ret_offset = SYMBOL_TEXT_NONE;
        return ST_OK;
    }
    if (!is_plain_ascii(text, size)) {
        buffer_reset(&texts->scratch);
        status = text_clean(&texts->scratch, text, size);
        text = buffer_text(&texts->scratch);
        size = texts->scratch.len;
    }
    if (!status && size >= SYMBOL_MAX_TEXT_BYTES - texts->len)
        status = ST_TOO_LARGE;
    return status ? status : add_clean(texts, text, size, ret_offset);
}
