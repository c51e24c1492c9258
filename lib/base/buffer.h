/* buffer.h - a growing byte buffer that must be given a ceiling (the idea of curl's dynbuf).
 *
 * The data is always followed by a NUL that len does not count, so text built here is a C string. */
#ifndef SALVOR_BASE_BUFFER_H
#define SALVOR_BASE_BUFFER_H
#include "base/status.h"
#include <stdarg.h>
#include <stddef.h>

#if defined(__GNUC__)
#if defined(__MINGW32__) && !defined(__clang__)
#define BASE_PRINTF(fmt, args) __attribute__((format(gnu_printf, fmt, args)))
#else
#define BASE_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#endif
#else
#define BASE_PRINTF(fmt, args)
#endif

struct buffer {
    uint8_t *data; /* NULL until the first append; then len bytes and a NUL */
    size_t len, cap, max;
};

/* Makes an empty buffer that will never hold more than max_bytes. Allocates nothing. */
void buffer_init(struct buffer *buffer, size_t max_bytes);
/* Frees the memory and leaves an empty buffer with the same ceiling; may be called twice. */
void buffer_done(struct buffer *buffer);
/* Forgets the contents and keeps the memory. */
void buffer_reset(struct buffer *buffer);

/* Each appends whole or leaves the buffer as it was. Errors: ST_TOO_LARGE (ceiling), ST_MEMORY. */
enum status buffer_append(struct buffer *buffer, const void *bytes, size_t size);
enum status buffer_append_text(struct buffer *buffer, const char *text);
enum status buffer_append_byte(struct buffer *buffer, uint8_t byte);
enum status buffer_printf(struct buffer *buffer, const char *format, ...) BASE_PRINTF(2, 3);
enum status buffer_vprintf(struct buffer *buffer, const char *format, va_list args) BASE_PRINTF(2, 0);
/* Makes room for size more bytes at data + len; the caller fills them and adds to len. */
enum status buffer_reserve(struct buffer *buffer, size_t size);

/* The contents as a C string; "" while empty. Valid until the next append. */
const char *buffer_text(const struct buffer *buffer);
/* Gives the memory to the caller, who frees it with free(); the buffer is empty afterwards. NULL when nothing was appended. */
char *buffer_take(struct buffer *buffer);

#endif
