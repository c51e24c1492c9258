/* text.c - UTF-8 and UTF-16LE, hex. One decoder serves all: what is malformed is named by it and by nothing else. */
#include "base/text.h"
#include "base/bytes.h"
#include <string.h>

#define TEXT_MALFORMED   UINT32_MAX
#define TEXT_REPLACEMENT 0xfffdu

static bool is_surrogate(uint32_t code)
{
    return code >= 0xd800 && code <= 0xdfff;
}

/* Decodes one character of p[0..size), size > 0. Malformed bytes give TEXT_MALFORMED; *ret_used is then the length of the longest start
 * of a character (Unicode 15, table 3-8), so that every reader puts the same number of U+FFFD. surrogates: WTF-8 is well-formed. */
static uint32_t decode(const uint8_t *p, size_t size, bool surrogates, size_t *ret_used)
{
    uint32_t code = p[0];
    uint8_t low = 0x80, high = 0xbf; /* of the second byte */
    size_t more;
    *ret_used = 1;
    if (code < 0x80)
        return code;
    if (code >= 0xc2 && code <= 0xdf) {
        more = 1;
        code &= 0x1f;
    } else if (code >= 0xe0 && code <= 0xef) {
        low = code == 0xe0 ? 0xa0 : 0x80;
        high = code == 0xed && !surrogates ? 0x9f : 0xbf;
        more = 2;
        code &= 0x0f;
    } else if (code >= 0xf0 && code <= 0xf4) {
        low = code == 0xf0 ? 0x90 : 0x80;
        high = code == 0xf4 ? 0x8f : 0xbf;
        more = 3;
        code &= 0x07;
    } else {
        return TEXT_MALFORMED;
    }
    for (size_t i = 1; i <= more; i++) {
        if (i >= size || p[i] < low || p[i] > high)
            return TEXT_MALFORMED;
        code = code << 6 | (p[i] & 0x3fu);
        *ret_used = i + 1;
        low = 0x80;
        high = 0xbf;
    }
    return code;
}

static size_t encode(uint8_t ret[4], uint32_t code)
{
    if (code < 0x80) {
        ret[0] = (uint8_t)code;
        return 1;
    }
    if (code < 0x800) {
        ret[0] = (uint8_t)(0xc0 | code >> 6);
        ret[1] = (uint8_t)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        ret[0] = (uint8_t)(0xe0 | code >> 12);
        ret[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
        ret[2] = (uint8_t)(0x80 | (code & 0x3f));
        return 3;
    }
    ret[0] = (uint8_t)(0xf0 | code >> 18);
    ret[1] = (uint8_t)(0x80 | (code >> 12 & 0x3f));
    ret[2] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
    ret[3] = (uint8_t)(0x80 | (code & 0x3f));
    return 4;
}

bool text_is_utf8(const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    for (size_t i = 0, used; i < size; i += used) {
        if (decode(p + i, size - i, false, &used) == TEXT_MALFORMED)
            return false;
    }
    return true;
}

size_t text_cut(const char *text, size_t size, size_t max)
{
    if (size <= max)
        return size;
    size_t cut = max;
    while (cut > 0 && max - cut < 3 && ((uint8_t)text[cut] & 0xc0) == 0x80)
        cut--;
    /* Four continuation bytes in a row are no character; such bytes may be cut anywhere. */
    return ((uint8_t)text[cut] & 0xc0) == 0x80 ? max : cut;
}

/* Undoes a failed append, so that every function here appends whole or not at all. */
static enum status give_up(struct buffer *out, size_t len, enum status status)
{
    out->len = len;
    if (out->data)
        out->data[len] = 0;
    return status;
}

enum status text_clean(struct buffer *out, const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    size_t before = out->len, start = 0, used;
    enum status status = ST_OK;
    for (size_t i = 0; i < size && !status; i += used) {
        uint32_t code = decode(p + i, size - i, false, &used);
        if (code && code != TEXT_MALFORMED)
            continue;
        status = buffer_append(out, p + start, i - start);
        if (!status)
            status = buffer_append(out, "\xef\xbf\xbd", 3);
        start = i + used;
    }
    if (!status && start < size)
        status = buffer_append(out, p + start, size - start);
    return status ? give_up(out, before, status) : ST_OK;
}

enum status text_from_utf16le(struct buffer *out, const uint8_t *bytes, size_t size_bytes, bool keep_surrogates)
{
    size_t before = out->len, units = size_bytes / 2;
    for (size_t i = 0; i < units; i++) {
        uint32_t code = bytes_u16(bytes + 2 * i);
        if (code >= 0xd800 && code <= 0xdbff && i + 1 < units) {
            uint32_t low = bytes_u16(bytes + 2 * i + 2);
            if (low >= 0xdc00 && low <= 0xdfff) {
                code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                i++;
            }
        }
        if (is_surrogate(code) && !keep_surrogates)
            code = TEXT_REPLACEMENT;
        uint8_t encoded[4];
        enum status status = buffer_append(out, encoded, encode(encoded, code));
        if (status)
            return give_up(out, before, status);
    }
    return ST_OK;
}

enum status text_to_utf16le(struct buffer *out, const char *text, size_t size)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t before = out->len;
    for (size_t i = 0, used; i < size; i += used) {
        uint32_t code = decode(p + i, size - i, true, &used);
        uint8_t units[4];
        size_t units_bytes = 2;
        if (code == TEXT_MALFORMED)
            code = TEXT_REPLACEMENT;
        if (code >= 0x10000) {
            bytes_put_u16(units, (uint16_t)(0xd800 + ((code - 0x10000) >> 10)));
            bytes_put_u16(units + 2, (uint16_t)(0xdc00 + ((code - 0x10000) & 0x3ff)));
            units_bytes = 4;
        } else {
            bytes_put_u16(units, (uint16_t)code);
        }
        enum status status = buffer_append(out, units, units_bytes);
        if (status)
            return give_up(out, before, status);
    }
    return ST_OK;
}

static uint8_t fold(char c)
{
    uint8_t byte = (uint8_t)c;
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

bool text_equal_nocase(const char *a, const char *b)
{
    while (*a && fold(*a) == fold(*b)) {
        a++;
        b++;
    }
    return fold(*a) == fold(*b);
}

bool text_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_starts_nocase(const char *text, const char *prefix)
{
    while (*prefix && fold(*text) == fold(*prefix)) {
        text++;
        prefix++;
    }
    return !*prefix;
}

bool text_ends_nocase(const char *text, const char *suffix)
{
    size_t length = strlen(text), wanted = strlen(suffix);
    return wanted <= length && text_equal_nocase(text + length - wanted, suffix);
}

int text_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    uint8_t letter = fold(c);
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

void text_hex(char *ret, const void *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *p = bytes;
    for (size_t i = 0; i < size; i++) {
        ret[2 * i] = digits[p[i] >> 4];
        ret[2 * i + 1] = digits[p[i] & 15];
    }
    ret[2 * size] = 0;
}

bool text_unhex(void *ret, size_t size, const char *text)
{
    if (strlen(text) != 2 * size)
        return false;
    for (size_t i = 0; i < 2 * size; i++) {
        if (text_digit(text[i]) < 0)
            return false;
    }
    uint8_t *p = ret;
    for (size_t i = 0; i < size; i++)
        p[i] = (uint8_t)((unsigned)text_digit(text[2 * i]) << 4 | (unsigned)text_digit(text[2 * i + 1]));
    return true;
}

bool text_copy(char *ret, size_t ret_size, const char *text)
{
    size_t length = strlen(text);
    if (!ret_size)
        return false;
    size_t cut = text_cut(text, length, ret_size - 1);
    memmove(ret, text, cut);
    ret[cut] = 0;
    return cut == length;
}
