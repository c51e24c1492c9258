/* line.c - see line.h. What does not fit whole is left out, since half a number is another number. */
#include "base/line.h"
#include <string.h>

void line_init(struct line *line, char *data, size_t size_bytes)
{
    *line = (struct line){.data = data, .size_bytes = size_bytes};
    data[0] = 0;
}

static void add(struct line *line, const char *bytes, size_t size)
{
    if (line->is_cut || size >= line->size_bytes - line->len) {
        line->is_cut = true;
        return;
    }
    memcpy(line->data + line->len, bytes, size);
    line->len += size;
    line->data[line->len] = 0;
}

void line_text(struct line *line, const char *text)
{
    add(line, text, strlen(text));
}

static void add_digits(struct line *line, uint64_t value, unsigned base)
{
    char room[20], *end = room + sizeof room, *at = end;

    do {
        *--at = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    add(line, at, (size_t)(end - at));
}

void line_u64(struct line *line, uint64_t value)
{
    add_digits(line, value, 10);
}

void line_hex(struct line *line, uint64_t value)
{
    line_text(line, "0x");
    add_digits(line, value, 16);
}
