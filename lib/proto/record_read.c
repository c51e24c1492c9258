/* record_read.c - reads records; apart from their writing, which is all that the client library needs. */
#include "base/text.h"
#include "proto/record.h"
#include <string.h>

bool record_next(const char *data, size_t size_bytes, size_t *cursor, struct record_line *ret)
{
    while (*cursor < size_bytes) {
        const char *line = data + *cursor;
        size_t left = size_bytes - *cursor;
        const char *end = memchr(line, '\n', left);
        size_t length = end ? (size_t)(end - line) : left;
        *cursor += end ? length + 1 : length;
        const char *sign = memchr(line, '=', length);
        if (!sign || sign == line)
            continue;
        ret->key = line;
        ret->key_bytes = (size_t)(sign - line);
        ret->value = sign + 1;
        ret->value_bytes = length - ret->key_bytes - 1;
        return true;
    }
    return false;
}

/* The next decoded byte of a key; a '%' that no two digits follow stands for itself. */
static char next_key_byte(const struct record_line *line, size_t *at)
{
    const char *p = line->key + *at;
    if (*p == '%' && line->key_bytes - *at >= 3 && text_digit(p[1]) >= 0 && text_digit(p[2]) >= 0) {
        *at += 3;
        return (char)((unsigned)text_digit(p[1]) << 4 | (unsigned)text_digit(p[2]));
    }
    *at += 1;
    return *p;
}

/* The next decoded byte of a value; a backslash before anything else stands for itself. */
static char next_value_byte(const struct record_line *line, size_t *at)
{
    const char *p = line->value + *at;
    if (*p == '\\' && line->value_bytes - *at >= 2) {
        *at += 2;
        switch (p[1]) {
        case '\\':
            return '\\';
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case '0':
            return 0;
        default:
            *at -= 2;
        }
    }
    *at += 1;
    return *p;
}

static size_t decode(const struct record_line *line, size_t size, char (*next)(const struct record_line *line, size_t *at), char *ret,
                     size_t ret_size)
{
    size_t length = 0;
    for (size_t at = 0; at < size; length++) {
        char byte = next(line, &at);
        if (length + 1 < ret_size)
            ret[length] = byte;
    }
    if (ret_size)
        ret[length < ret_size ? length : ret_size - 1] = 0;
    return length;
}

size_t record_decode_key(const struct record_line *line, char *ret, size_t ret_size)
{
    return decode(line, line->key_bytes, next_key_byte, ret, ret_size);
}

size_t record_decode_value(const struct record_line *line, char *ret, size_t ret_size)
{
    return decode(line, line->value_bytes, next_value_byte, ret, ret_size);
}

static bool has_key(const struct record_line *line, const char *key)
{
    size_t at = 0;
    for (; at < line->key_bytes; key++) {
        if (!*key || next_key_byte(line, &at) != *key)
            return false;
    }
    return !*key;
}

bool record_get(const char *data, size_t size_bytes, const char *key, char *ret, size_t ret_size)
{
    struct record_line line;
    size_t cursor = 0;
    while (record_next(data, size_bytes, &cursor, &line)) {
        if (!has_key(&line, key))
            continue;
        if (record_decode_value(&line, NULL, 0) >= ret_size)
            return false;
        record_decode_value(&line, ret, ret_size);
        return true;
    }
    return false;
}

static bool parse_digits(const char *text, unsigned base, uint64_t *ret)
{
    uint64_t value = 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        int digit = text_digit(*text);
        if (digit < 0 || (unsigned)digit >= base || value > (UINT64_MAX - (unsigned)digit) / base)
            return false;
        value = value * base + (unsigned)digit;
    }
    *ret = value;
    return true;
}

bool record_get_u64(const char *data, size_t size_bytes, const char *key, uint64_t *ret)
{
    char text[32];
    if (!record_get(data, size_bytes, key, text, sizeof text))
        return false;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        return parse_digits(text + 2, 16, ret);
    return parse_digits(text, 10, ret);
}
