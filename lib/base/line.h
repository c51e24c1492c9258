/* line.h - short text built in an array of the caller's: bounded, without heap and without stdio, whose number formatting alone would
 * double the size of the client library. */
#ifndef SALVOR_BASE_LINE_H
#define SALVOR_BASE_LINE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line {
    char *data; /* always terminated */
    size_t size_bytes, len;
    bool is_cut; /* something did not fit; nothing was added from then on */
};

void line_init(struct line *line, char *data, size_t size_bytes); /* size_bytes > 0 */
void line_text(struct line *line, const char *text);
void line_u64(struct line *line, uint64_t value); /* decimal */
void line_hex(struct line *line, uint64_t value); /* 0x... */

#endif
