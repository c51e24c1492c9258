/* record.c - writes records without heap and without stdio, so that the client and the WER module can; record_read.c reads them. */
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
