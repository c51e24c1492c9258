/* field.c - words and numbers; most of the time of reading a big symbol file is spent here. */
#include "symbols/field.h"
#include <string.h>

#define NO_DIGIT 16u

static void skip_blanks(struct field *line)
{
    while (line->at < line->end && (*line->at == ' ' || *line->at == '\t'))
        line->at++;
}

static bool is_word_end(const struct field *line)
{
    return line->at == line->end || *line->at == ' ' || *line->at == '\t';
}

bool field_word(struct field *line, const char **ret, size_t *ret_size)
{
    skip_blanks(line);
    *ret = line->at;
    while (!is_word_end(line))
        line->at++;
    *ret_size = (size_t)(line->at - *ret);
    return *ret_size != 0;
}

bool field_is(struct field *line, const char *word)
{
    struct field before;
    const char *found;
    size_t size;

    skip_blanks(line);
    before = *line;
    if (field_word(line, &found, &size) && size == strlen(word) && memcmp(found, word, size) == 0)
        return true;
    *line = before;
    return false;
}

static unsigned digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A') + 10;
    return NO_DIGIT;
}

static bool number(struct field *line, unsigned base, uint32_t *ret)
{
    uint64_t value = 0;
    const char *start;

    skip_blanks(line);
    for (start = line->at; line->at < line->end; line->at++) {
        unsigned digit = digit_of(*line->at);

        if (digit >= base)
            break;
        value = value * base + digit;
        if (value > UINT32_MAX)
            return false;
    }
    if (line->at == start || !is_word_end(line))
        return false;
    *ret = (uint32_t)value;
    return true;
}

bool field_hex(struct field *line, uint32_t *ret)
{
    return number(line, 16, ret);
}

bool field_decimal(struct field *line, uint32_t *ret)
{
    return number(line, 10, ret);
}

void field_rest(struct field *line, const char **ret, size_t *ret_size)
{
    skip_blanks(line);
    while (line->end > line->at && (line->end[-1] == ' ' || line->end[-1] == '\t'))
        line->end--;
    *ret = line->at;
    *ret_size = (size_t)(line->end - line->at);
    line->at = line->end;
}
