/* buffer_printf.c - formatted text; a file of its own because it brings stdio's number formatting, which the client library does without.
 */
#include "base/buffer.h"
#include <stdio.h>

enum status buffer_vprintf(struct buffer *buffer, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    enum status status = length < 0 ? ST_FORMAT : buffer_reserve(buffer, (size_t)length);
    if (!status) {
        vsnprintf((char *)buffer->data + buffer->len, (size_t)length + 1, format, again);
        buffer->len += (size_t)length;
    }
    va_end(again);
    return status;
}

enum status buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    enum status status = buffer_vprintf(buffer, format, args);
    va_end(args);
    return status;
}
