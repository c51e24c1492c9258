/* command_line.c - splits a command line by the rules of
 * https://learn.microsoft.com/windows/win32/api/shellapi/nf-shellapi-commandlinetoargvw: the program's name ends at a blank or its closing
 * quote and knows no escapes; after it, 2n backslashes and a quote give n backslashes, 2n+1 give n and a literal quote, and a doubled quote
 * inside quotes is a literal one. */
#include "command_line.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static const char *split_program(const char *at, char **out)
{
    bool quoted = *at == '"';

    at += quoted;
    while (*at && (quoted ? *at != '"' : !is_blank(*at)))
        *(*out)++ = *at++;
    *(*out)++ = '\0';
    return *at == '"' ? at + 1 : at;
}

static void put_many(char **out, char c, size_t count)
{
    memset(*out, c, count);
    *out += count;
}

static const char *split_argument(const char *at, char **out)
{
    bool quoted = false;

    while (*at && (quoted || !is_blank(*at))) {
        size_t slashes = strspn(at, "\\");
        at += slashes;
        if (*at != '"') {
            put_many(out, '\\', slashes);
            if (*at && (quoted || !is_blank(*at)))
                *(*out)++ = *at++;
            continue;
        }
        put_many(out, '\\', slashes / 2);
        if (slashes % 2 || (quoted && at[1] == '"')) {
            at += slashes % 2 ? 1 : 2;
            *(*out)++ = '"';
        } else {
            quoted = !quoted;
            at++;
        }
    }
    *(*out)++ = '\0';
    return at;
}

enum status command_line_split(const char *line, struct arguments *ret)
{
    size_t len = strlen(line), most = len / 2 + 3;
    /* One block: the pointers, then the text, which is never longer than the line and a terminator for each argument. */
    char **items = calloc(1, most * sizeof *items + 2 * len + 2);
    if (!items)
        return ST_MEMORY;

    char *out = (char *)(items + most);
    int count = 0;
    items[count++] = out;
    const char *at = split_program(line, &out);
    for (;;) {
        while (is_blank(*at))
            at++;
        if (!*at)
            break;
        items[count++] = out;
        at = split_argument(at, &out);
    }
    ret->count = count;
    ret->items = items;
    return ST_OK;
}

void arguments_done(struct arguments *arguments)
{
    free(arguments->items);
    *arguments = (struct arguments){0};
}
