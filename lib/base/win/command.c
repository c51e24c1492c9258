/* command.c - command lines and environment blocks. */
#include "base/win/command.h"
#include "base/text.h"
#include "base/win/wide.h"
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define COMMAND_MAX_BYTES ((size_t)64 * 1024) /* CreateProcessW ends at 32767 units */

/* The rules: https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments. Backslashes count only before a quote. */
static enum status append_argument(struct buffer *line, const char *argument)
{
    size_t slashes = 0;
    if (*argument && !strpbrk(argument, " \t\n\v\""))
        return buffer_append_text(line, argument);
    enum status status = buffer_append_text(line, "\"");
    for (const char *p = argument; !status; p++) {
        if (*p == '\\') {
            slashes++;
            continue;
        }
        /* Doubled before a quote: ours at the end, or one in the text, which gets a backslash more. */
        size_t copies = *p == '"' ? 2 * slashes + 1 : *p ? slashes : 2 * slashes;
        for (; copies && !status; copies--)
            status = buffer_append_byte(line, '\\');
        slashes = 0;
        if (!*p)
            break;
        if (!status)
            status = buffer_append_byte(line, (uint8_t)*p);
    }
    return status ? status : buffer_append_text(line, "\"");
}

/* The program's name knows no escapes: it ends at the next quote. */
static enum status append_program(struct buffer *line, const char *program)
{
    enum status status = strchr(program, '"') ? ST_ARGUMENT : buffer_append_byte(line, '"');
    if (!status)
        status = buffer_append_text(line, program);
    return status ? status : buffer_append_byte(line, '"');
}

wchar_t *command_line(const char *const *argv)
{
    struct buffer line;
    wchar_t *wide = NULL;
    buffer_init(&line, COMMAND_MAX_BYTES);
    enum status status = append_program(&line, argv[0]);
    for (size_t i = 1; argv[i] && !status; i++) {
        status = buffer_append_byte(&line, ' ');
        if (!status)
            status = append_argument(&line, argv[i]);
    }
    if (!status)
        wide = wide_from_utf8(buffer_text(&line));
    buffer_done(&line);
    return wide;
}

/* Entries such as "=C:=C:\folder" have a name that begins with '='. */
static int name_length(const wchar_t *entry)
{
    const wchar_t *sign = *entry ? wcschr(entry + 1, '=') : NULL;
    return (int)(sign ? (size_t)(sign - entry) : wcslen(entry));
}

static int compare_names(const wchar_t *a, const wchar_t *b)
{
    return CompareStringOrdinal(a, name_length(a), b, name_length(b), TRUE) - CSTR_EQUAL;
}

static int compare_entries(const void *a, const void *b)
{
    return compare_names(*(wchar_t *const *)a, *(wchar_t *const *)b);
}

static wchar_t *joined(wchar_t **entries, size_t count)
{
    size_t units = 2; /* an empty block has two terminators as well */
    for (size_t i = 0; i < count; i++)
        units += wcslen(entries[i]) + 1;
    wchar_t *block = malloc(units * sizeof *block), *p = block;
    for (size_t i = 0; i < count && block; i++) {
        size_t length = wcslen(entries[i]) + 1;
        memcpy(p, entries[i], length * sizeof *p);
        p += length;
    }
    if (block)
        p[0] = p[1] = 0;
    return block;
}

wchar_t *command_environment(const char *const *additions)
{
    size_t ours = 0, more = 0, count = 0;
    wchar_t *now = GetEnvironmentStringsW(), *block = NULL;
    if (!now)
        return NULL;
    for (const wchar_t *p = now; *p; p += wcslen(p) + 1)
        ours++;
    while (additions && additions[more])
        more++;
    wchar_t **entries = calloc(ours + more + 1, sizeof *entries);
    wchar_t **added = calloc(more + 1, sizeof *added);
    if (!entries || !added)
        goto out;
    for (size_t i = 0; i < more; i++) {
        added[i] = wide_from_utf8(additions[i]);
        if (!added[i])
            goto out;
    }
    for (wchar_t *p = now; *p; p += wcslen(p) + 1) {
        bool replaced = false;
        for (size_t i = 0; i < more && !replaced; i++)
            replaced = compare_names(p, added[i]) == 0;
        if (!replaced)
            entries[count++] = p;
    }
    for (size_t i = 0; i < more; i++)
        entries[count++] = added[i];
    /* CreateProcessW documents the block as sorted by name. */
    qsort(entries, count, sizeof *entries, compare_entries);
    block = joined(entries, count);
out:
    for (size_t i = 0; added && i < more; i++)
        free(added[i]);
    free(added);
    free(entries);
    FreeEnvironmentStringsW(now);
    return block;
}
