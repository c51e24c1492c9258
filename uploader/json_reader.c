/* json_reader.c - see json_reader.h. */
#include "uploader/json_reader.h"
#include "base/text.h"
#include <string.h>

static void blank_skip(struct json_reader *reader)
{
    while (reader->at < reader->end && strchr(" \t\r\n", *reader->at) && *reader->at)
        reader->at++;
}

bool json_take(struct json_reader *reader, char c)
{
    blank_skip(reader);
    if (reader->at == reader->end || *reader->at != c)
        return false;
    reader->at++;
    return true;
}

/* The four digits of \uXXXX; false for surrogates and NUL too, which no symbol's name holds. */
static bool take_unit(struct json_reader *reader, struct buffer *out)
{
    uint8_t pair[2], unit[2];
    char digits[5];

    if (reader->end - reader->at < 4)
        return false;
    memcpy(digits, reader->at, 4);
    digits[4] = 0;
    reader->at += 4;
    if (!text_unhex(pair, sizeof pair, digits) || (pair[0] & 0xf8) == 0xd8 || (!pair[0] && !pair[1]))
        return false;
    unit[0] = pair[1];
    unit[1] = pair[0];
    return text_from_utf16le(out, unit, sizeof unit, false) == ST_OK;
}

static bool take_escape(struct json_reader *reader, struct buffer *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *found;

    if (reader->at == reader->end || !*reader->at)
        return false;
    if (*reader->at == 'u') {
        reader->at++;
        return take_unit(reader, out);
    }
    found = strchr(from, *reader->at++);
    return found && buffer_append(out, &to[found - from], 1) == ST_OK;
}

bool json_take_text(struct json_reader *reader, struct buffer *out)
{
    buffer_reset(out);
    if (!json_take(reader, '"'))
        return false;
    while (reader->at < reader->end && *reader->at != '"') {
        char c = *reader->at++;

        if ((unsigned char)c < 0x20 || (c == '\\' ? !take_escape(reader, out) : buffer_append(out, &c, 1) != ST_OK))
            return false;
    }
    return json_take(reader, '"');
}

bool json_take_number(struct json_reader *reader, uint64_t *ret)
{
    char digits[24];
    size_t size = 0;

    blank_skip(reader);
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9' && size + 1 < sizeof digits)
        digits[size++] = *reader->at++;
    digits[size] = 0;
    return size && text_parse_u64(digits, ret);
}

/* A number of any form, true, false or null. */
static bool pass_word(struct json_reader *reader)
{
    const char *from = reader->at;

    while (reader->at < reader->end && *reader->at && strchr("+-.0123456789abcdefghijklmnopqrstuvwxyzE", *reader->at))
        reader->at++;
    return reader->at > from;
}

/* A text of any length. */
static bool pass_text(struct json_reader *reader)
{
    for (; reader->at < reader->end; reader->at++) {
        if (*reader->at == '"') {
            reader->at++;
            return true;
        }
        if (*reader->at == '\\' && ++reader->at == reader->end)
            return false;
    }
    return false;
}

static bool pass_value(struct json_reader *reader, unsigned depth);

/* What follows the opening bracket of an object or a list. */
static bool pass_inside(struct json_reader *reader, bool is_object, unsigned depth)
{
    char close = is_object ? '}' : ']';

    if (json_take(reader, close))
        return true;
    do {
        if (is_object && (!json_take(reader, '"') || !pass_text(reader) || !json_take(reader, ':')))
            return false;
        if (!pass_value(reader, depth))
            return false;
    } while (json_take(reader, ','));
    return json_take(reader, close);
}

static bool pass_value(struct json_reader *reader, unsigned depth)
{
    if (json_take(reader, '"'))
        return pass_text(reader);
    if (json_take(reader, '{'))
        return depth < JSON_READER_MAX_DEPTH && pass_inside(reader, true, depth + 1);
    if (json_take(reader, '['))
        return depth < JSON_READER_MAX_DEPTH && pass_inside(reader, false, depth + 1);
    blank_skip(reader);
    return pass_word(reader);
}

bool json_pass_over(struct json_reader *reader)
{
    return pass_value(reader, 0);
}

bool json_at_end(struct json_reader *reader)
{
    blank_skip(reader);
    return reader->at == reader->end;
}
