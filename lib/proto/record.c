/* record.c - writes and reads records without heap and without stdio, so that the WER module can. */
#include "proto/record.h"
#include <string.h>

void record_writer_init(struct record_writer *writer, char *data, size_t size_bytes)
{
    *writer = (struct record_writer){.data = data, .size_bytes = size_bytes};
}

static bool is_key_byte(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

static bool put(struct record_writer *writer, const char *bytes, size_t size)
{
    if (size > writer->size_bytes - writer->len)
        return false;
    memcpy(writer->data + writer->len, bytes, size);
    writer->len += size;
    return true;
}

static bool put_key(struct record_writer *writer, const char *key, size_t size)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < size; i++) {
        const char escaped[3] = {'%', digits[(uint8_t)key[i] >> 4], digits[key[i] & 15]};
        bool plain = is_key_byte(key[i]);
        if (!put(writer, plain ? key + i : escaped, plain ? 1 : 3))
            return false;
    }
    return true;
}

/* The letter behind the backslash, or 0 for a byte that stands for itself. */
static char escape_letter(char c)
{
    switch (c) {
    case '\\':
        return '\\';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case 0:
        return '0';
    default:
        return 0;
    }
}

static bool put_value(struct record_writer *writer, const char *value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        const char escaped[2] = {'\\', escape_letter(value[i])};
        if (!put(writer, escaped[1] ? escaped : value + i, escaped[1] ? 2 : 1))
            return false;
    }
    return true;
}

void record_put_sized(struct record_writer *writer, const char *prefix, const char *key, size_t key_bytes, const char *value,
                      size_t value_bytes)
{
    size_t before = writer->len;
    if (put_key(writer, prefix, strlen(prefix)) && put_key(writer, key, key_bytes) && put(writer, "=", 1) &&
        put_value(writer, value, value_bytes) && put(writer, "\n", 1))
        return;
    writer->len = before;
    writer->overflow = true;
}

void record_put(struct record_writer *writer, const char *key, const char *value)
{
    record_put_sized(writer, "", key, strlen(key), value, strlen(value));
}

/* Writes value's digits to the end of room and returns where they begin. */
static char *digits_of(uint64_t value, unsigned base, char *end)
{
    do {
        *--end = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    return end;
}

void record_put_u64(struct record_writer *writer, const char *key, uint64_t value)
{
    char room[20], *end = room + sizeof room, *first = digits_of(value, 10, end);
    record_put_sized(writer, "", key, strlen(key), first, (size_t)(end - first));
}

void record_put_hex(struct record_writer *writer, const char *key, uint64_t value)
{
    char room[18], *end = room + sizeof room, *first = digits_of(value, 16, end);
    *--first = 'x';
    *--first = '0';
    record_put_sized(writer, "", key, strlen(key), first, (size_t)(end - first));
}

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

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next decoded byte of a key; a '%' that no two digits follow stands for itself. */
static char next_key_byte(const struct record_line *line, size_t *at)
{
    const char *p = line->key + *at;
    if (*p == '%' && line->key_bytes - *at >= 3 && hex_digit(p[1]) >= 0 && hex_digit(p[2]) >= 0) {
        *at += 3;
        return (char)((unsigned)hex_digit(p[1]) << 4 | (unsigned)hex_digit(p[2]));
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
        int digit = hex_digit(*text);
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
