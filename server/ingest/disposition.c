/* disposition.c - see disposition.h. */
#include "ingest/disposition.h"
#include "base/text.h"
#include <string.h>

static const char *skip_blanks(const char *at)
{
    while (*at == ' ' || *at == '\t')
        at++;
    return at;
}

/* Copies the value at `at` (quoted or up to ';') into ret; what does not fit is counted only. Returns where it ends. */
static const char *read_value(const char *at, char *ret, size_t ret_size, size_t *ret_length)
{
    size_t length = 0;
    bool quoted = *at == '"';
    if (quoted)
        at++;
    for (; *at && *at != (quoted ? '"' : ';'); at++) {
        if (quoted && at[0] == '\\' && at[1] == '"')
            at++;
        if (length < ret_size)
            ret[length] = *at;
        length++;
    }
    if (quoted && *at == '"')
        at++;
    *ret_length = length;
    return at;
}

static size_t trimmed_length(const char *text, size_t length)
{
    while (length && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    return length;
}

static bool name_equals(const char *at, size_t length, const char *name)
{
    if (strlen(name) != length)
        return false;
    char copy[64];
    if (length >= sizeof copy)
        return false;
    memcpy(copy, at, length);
    copy[length] = 0;
    return text_equal_nocase(copy, name);
}

bool disposition_parameter(const char *value, const char *name, char *ret, size_t ret_size)
{
    const char *at = strchr(value, ';');
    while (at) {
        at = skip_blanks(at + 1);
        size_t name_length = strcspn(at, "=;");
        bool wanted = at[name_length] == '=' && name_equals(at, trimmed_length(at, name_length), name);
        bool quoted = false;
        size_t length = 0;
        const char *start = at + name_length;
        if (*start == '=') {
            start = skip_blanks(start + 1);
            quoted = *start == '"';
            start = read_value(start, ret, wanted ? ret_size : 0, &length);
        }
        if (wanted) {
            if (length >= ret_size)
                return false;
            ret[quoted ? length : trimmed_length(ret, length)] = 0;
            return true;
        }
        at = strchr(start, ';');
    }
    return false;
}

void disposition_unescape(char *text)
{
    static const struct {
        const char *from;
        char to;
    } ESCAPES[] = {{"%22", '"'}, {"%0D", '\r'}, {"%0A", '\n'}};
    char *out = text;
    for (const char *at = text; *at;) {
        char byte = *at;
        size_t taken = 1;
        for (size_t i = 0; i < sizeof ESCAPES / sizeof *ESCAPES; i++) {
            if (text_starts_nocase(at, ESCAPES[i].from)) {
                byte = ESCAPES[i].to;
                taken = 3;
            }
        }
        *out++ = byte;
        at += taken;
    }
    *out = 0;
}

bool disposition_is(const char *value, const char *word)
{
    if (!text_starts_nocase(value, word))
        return false;
    char next = value[strlen(word)];
    return next == 0 || next == ';' || next == ' ' || next == '\t';
}
