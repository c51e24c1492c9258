/* text.h - UTF-8 inside, UTF-16 at the Windows edge; hex and numbers.
 *
 * Windows paths may hold unpaired surrogates; they survive as WTF-8 (https://simonsapin.github.io/wtf-8/). Text for the wire or the
 * database goes through text_clean first. */
#ifndef SALVOR_BASE_TEXT_H
#define SALVOR_BASE_TEXT_H
#include "base/buffer.h"
#include <stdbool.h>

/* Whether the bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF). */
bool text_is_utf8(const void *bytes, size_t size);
/* The largest length <= max at which text (size bytes of UTF-8) can be cut without splitting a character. */
size_t text_cut(const char *text, size_t size, size_t max);
/* Appends the bytes as UTF-8; every malformed sequence, NUL included, becomes U+FFFD. */
enum status text_clean(struct buffer *out, const void *bytes, size_t size);
/* Appends size_bytes of UTF-16LE as UTF-8. Unpaired surrogates become U+FFFD, or WTF-8 when keep_surrogates. A last odd byte is dropped. */
enum status text_from_utf16le(struct buffer *out, const uint8_t *bytes, size_t size_bytes, bool keep_surrogates);
/* Appends UTF-8 (or WTF-8) as UTF-16LE without a terminator; malformed bytes become U+FFFD. */
enum status text_to_utf16le(struct buffer *out, const char *text, size_t size);

/* ASCII-only case folding; other bytes compare as they are. */
bool text_equal_nocase(const char *a, const char *b);
bool text_starts(const char *text, const char *prefix);
bool text_starts_nocase(const char *text, const char *prefix);
bool text_ends_nocase(const char *text, const char *suffix);

/* Whole-string numbers, decimal or 0x-hex; false on anything else, overflow included. */
bool text_parse_u64(const char *text, uint64_t *ret);
/* Sizes with an optional k, m or g (powers of 1024), durations with ms, s, m, h or d (result in milliseconds; a bare number counts as
 * seconds). */
bool text_parse_size(const char *text, uint64_t *ret_bytes);
bool text_parse_duration(const char *text, uint64_t *ret_ms);

int text_digit(char c); /* what a hexadecimal digit stands for; -1 when it is none */
/* Lower-case hex of size bytes into ret (2 * size + 1 bytes). */
void text_hex(char *ret, const void *bytes, size_t size);
/* The reverse; false unless text is exactly 2 * size hex digits. */
bool text_unhex(void *ret, size_t size, const char *text);

/* Copies with a terminator, cutting at a UTF-8 boundary; returns false when it had to cut. */
bool text_copy(char *ret, size_t ret_size, const char *text);

#endif
