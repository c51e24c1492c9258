/* regtext.c - see regtext.h. */
#include "regtext.h"
#include "base/text.h"
#include <string.h>

#define HIVE            "HKEY_LOCAL_MACHINE\\"
#define LINE_CHARACTERS 76 /* regedit breaks hex values at 80 */

void regtext_init(struct regtext *regtext, size_t max_bytes)
{
    regtext->status = ST_OK;
    buffer_init(&regtext->text, max_bytes);
}

void regtext_done(struct regtext *regtext)
{
    buffer_done(&regtext->text);
}

static void put(struct regtext *regtext, const char *text)
{
    if (!regtext->status)
        regtext->status = buffer_append_text(&regtext->text, text);
}

static void put_byte(struct regtext *regtext, char c)
{
    if (!regtext->status)
        regtext->status = buffer_append_byte(&regtext->text, (uint8_t)c);
}

static void put_quoted(struct regtext *regtext, const char *text)
{
    put_byte(regtext, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            put_byte(regtext, '\\');
        put_byte(regtext, *text);
    }
    put_byte(regtext, '"');
}

static void put_key(struct regtext *regtext, const char *opening, const char *key, const char *sub)
{
    put(regtext, opening);
    put(regtext, key);
    if (sub) {
        put(regtext, "\\");
        put(regtext, sub);
    }
    put(regtext, "]\n");
}

void regtext_key(struct regtext *regtext, const char *key, const char *sub)
{
    put_key(regtext, "\n[" HIVE, key, sub);
}

void regtext_delete_key(struct regtext *regtext, const char *key, const char *sub)
{
    put_key(regtext, "\n[-" HIVE, key, sub);
}

void regtext_value(struct regtext *regtext, const char *name, const char *value)
{
    put_quoted(regtext, name);
    put(regtext, "=");
    put_quoted(regtext, value);
    put(regtext, "\n");
}

void regtext_number(struct regtext *regtext, const char *name, uint32_t value)
{
    put_quoted(regtext, name);
    if (!regtext->status)
        regtext->status = buffer_printf(&regtext->text, "=dword:%08x\n", value);
}

void regtext_delete_value(struct regtext *regtext, const char *name)
{
    put_quoted(regtext, name);
    put(regtext, "=-\n");
}

/* hex(2) of the UTF-16LE text and its terminator, in lines joined by a backslash. */
void regtext_expand(struct regtext *regtext, const char *name, const char *value)
{
    static const char prefix[] = "=hex(2):";
    size_t column = strlen(name) + 2 + strlen(prefix);
    struct buffer wide;

    put_quoted(regtext, name);
    put(regtext, prefix);
    buffer_init(&wide, 4 * REGTEXT_MAX_VALUE);
    if (!regtext->status)
        regtext->status = text_to_utf16le(&wide, value, strlen(value));
    if (!regtext->status)
        regtext->status = buffer_append(&wide, "\0", 2);
    for (size_t i = 0; !regtext->status && i < wide.len; i++) {
        bool last = i + 1 == wide.len;
        regtext->status = buffer_printf(&regtext->text, "%02x%s", wide.data[i], last ? "\n" : ",");
        column += 3;
        if (!last && column >= LINE_CHARACTERS) {
            put(regtext, "\\\n  ");
            column = 2;
        }
    }
    buffer_done(&wide);
}

static enum status encode_lines(const char *line, struct buffer *out)
{
    enum status st = ST_OK;

    while (!st && *line) {
        size_t len = strcspn(line, "\n");
        st = text_to_utf16le(out, line, len);
        line += len;
        if (!st && *line == '\n') {
            st = buffer_append(out, "\r\0\n", 4); /* and the literal's own NUL */
            line++;
        }
    }
    return st;
}

enum status regtext_encode(const struct regtext *regtext, struct buffer *out)
{
    enum status st = regtext->status ? regtext->status : buffer_append(out, "\xff\xfe", 2);

    if (!st)
        st = encode_lines("Windows Registry Editor Version 5.00\n", out);
    return st ? st : encode_lines(buffer_text(&regtext->text), out);
}
