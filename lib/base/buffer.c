/* buffer.c - the growing byte buffer. cap counts the byte for the NUL, so that max bounds what a caller put in and nothing else. */
#include "base/buffer.h"
#include <stdlib.h>
#include <string.h>

#define BUFFER_FIRST_BYTES 64

void buffer_init(struct buffer *buffer, size_t max_bytes)
{
    *buffer = (struct buffer){.max = max_bytes < SIZE_MAX ? max_bytes : SIZE_MAX - 1};
}

void buffer_done(struct buffer *buffer)
{
    free(buffer->data);
    buffer_init(buffer, buffer->max);
}

void buffer_reset(struct buffer *buffer)
{
    buffer->len = 0;
    if (buffer->data)
        buffer->data[0] = 0;
}

enum status buffer_reserve(struct buffer *buffer, size_t size)
{
    if (size > buffer->max - buffer->len)
        return ST_TOO_LARGE;
    size_t need = buffer->len + size + 1;
    if (need <= buffer->cap)
        return ST_OK;
    size_t cap = buffer->cap <= SIZE_MAX / 2 ? buffer->cap * 2 : need;
    if (cap < BUFFER_FIRST_BYTES)
        cap = BUFFER_FIRST_BYTES;
    if (cap > buffer->max + 1)
        cap = buffer->max + 1;
    if (cap < need)
        cap = need;
    uint8_t *data = realloc(buffer->data, cap);
    if (!data)
        return ST_MEMORY;
    data[buffer->len] = 0;
    buffer->data = data;
    buffer->cap = cap;
    return ST_OK;
}

enum status buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
    enum status status = buffer_reserve(buffer, size);
    if (status)
        return status;
    if (size)
        memcpy(buffer->data + buffer->len, bytes, size);
    buffer->len += size;
    buffer->data[buffer->len] = 0;
    return ST_OK;
}

enum status buffer_append_text(struct buffer *buffer, const char *text)
{
    return buffer_append(buffer, text, strlen(text));
}

enum status buffer_append_byte(struct buffer *buffer, uint8_t byte)
{
    return buffer_append(buffer, &byte, 1);
}

const char *buffer_text(const struct buffer *buffer)
{
    return buffer->data ? (const char *)buffer->data : "";
}

char *buffer_take(struct buffer *buffer)
{
    char *data = (char *)buffer->data;
    buffer_init(buffer, buffer->max);
    return data;
}
