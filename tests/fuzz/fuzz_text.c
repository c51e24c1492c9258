/* fuzz_text.c - any bytes as UTF-8 and as UTF-16: cleaned text is clean, wide text survives the way there and back, numbers end. */
#include "base/text.h"
#include "fuzz.h"
#include <stdlib.h>
#include <string.h>

#define MUST(condition)                                                                                                                    \
    do {                                                                                                                                   \
        if (!(condition))                                                                                                                  \
            abort();                                                                                                                       \
    } while (0)

static void check_clean(const uint8_t *data, size_t size)
{
    struct buffer out;

    buffer_init(&out, 3 * size);
    MUST(text_clean(&out, data, size) == ST_OK);
    MUST(text_is_utf8(buffer_text(&out), out.len));
    MUST(strlen(buffer_text(&out)) == out.len);
    if (text_is_utf8(data, size) && (!size || !memchr(data, 0, size)))
        MUST(out.len == size && memcmp(buffer_text(&out), size ? (const void *)data : "", size) == 0);
    for (size_t max = 0; max <= out.len; max++) {
        size_t cut = text_cut(buffer_text(&out), out.len, max);
        MUST(cut <= max && text_is_utf8(buffer_text(&out), cut));
    }
    buffer_done(&out);
}

static void check_wide(const uint8_t *data, size_t size)
{
    struct buffer utf8, wide;

    buffer_init(&utf8, 3 * size);
    buffer_init(&wide, 2 * size);
    MUST(text_from_utf16le(&utf8, data, size, true) == ST_OK);
    MUST(text_to_utf16le(&wide, buffer_text(&utf8), utf8.len) == ST_OK);
    MUST(wide.len == size - size % 2 && (!wide.len || memcmp(wide.data, data, wide.len) == 0));
    buffer_reset(&utf8);
    MUST(text_from_utf16le(&utf8, data, size, false) == ST_OK);
    MUST(text_is_utf8(buffer_text(&utf8), utf8.len));
    buffer_done(&utf8);
    buffer_done(&wide);
}

static void check_numbers(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    uint64_t value;

    MUST(text);
    if (size)
        memcpy(text, data, size);
    text[size] = 0;
    (void)text_parse_u64(text, &value);
    (void)text_parse_size(text, &value);
    (void)text_parse_duration(text, &value);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 4096) /* check_clean cuts at every place */
        size = 4096;
    check_clean(data, size);
    check_wide(data, size);
    check_numbers(data, size);
    return 0;
}
