/* arguments.c - the command line as UTF-8, taken apart as CommandLineToArgvW documents it
 * (https://learn.microsoft.com/windows/win32/api/shellapi/nf-shellapi-commandlinetoargvw). That function itself lives in shell32, which
 * loads user32 and with it a window station: too much for a service. */
#include "base/process.h"
#include "base/win/command.h"
#include "base/win/wide.h"
#include <stdlib.h>
#include <windows.h>

static bool is_blank(wchar_t c)
{
    return c == ' ' || c == '\t';
}

/* The program's name ends at a blank or at its closing quote, and knows no escapes. */
static const wchar_t *take_program(const wchar_t *at, wchar_t *ret)
{
    bool quoted = *at == '"';
    at += quoted;
    while (*at && (quoted ? *at != '"' : !is_blank(*at)))
        *ret++ = *at++;
    *ret = 0;
    return *at == '"' ? at + 1 : at;
}

/* 2n backslashes and a quote are n backslashes and the quote's effect, 2n + 1 are n backslashes and a literal quote; a doubled quote
 * within quotes is a literal one. Backslashes before anything else are themselves. */
static const wchar_t *take_argument(const wchar_t *at, wchar_t *ret)
{
    bool quoted = false;
    while (*at && (quoted || !is_blank(*at))) {
        size_t slashes = wcsspn(at, L"\\");
        bool quote = at[slashes] == '"';
        for (size_t i = 0; i < (quote ? slashes / 2 : slashes); i++)
            *ret++ = '\\';
        at += slashes;
        if (!quote) {
            if (*at && (quoted || !is_blank(*at)))
                *ret++ = *at++;
        } else if (slashes % 2 || (quoted && at[1] == '"')) {
            *ret++ = '"';
            at += slashes % 2 ? 1 : 2;
        } else {
            quoted = !quoted;
            at++;
        }
    }
    *ret = 0;
    return at;
}

/* Appends one argument to a NULL-terminated array that grows by it. */
static enum status add_argument(char ***argv, int *count, const wchar_t *argument)
{
    char **grown = realloc(*argv, ((size_t)*count + 2) * sizeof *grown);
    if (!grown)
        return ST_MEMORY;
    *argv = grown;
    grown[*count + 1] = NULL;
    grown[*count] = wide_to_utf8(argument);
    if (!grown[*count])
        return ST_MEMORY;
    (*count)++;
    return ST_OK;
}

enum status command_split(const wchar_t *line, int *ret_argc, char ***ret_argv)
{
    const wchar_t *at = line;
    wchar_t *argument = malloc((wcslen(at) + 1) * sizeof *argument);
    char **texts = NULL;
    int count = 0;
    if (!argument)
        return ST_MEMORY;
    at = take_program(at, argument);
    enum status status = add_argument(&texts, &count, argument);
    while (!status) {
        while (is_blank(*at))
            at++;
        if (!*at)
            break;
        at = take_argument(at, argument);
        status = add_argument(&texts, &count, argument);
    }
    free(argument);
    if (!status) {
        *ret_argc = count;
        *ret_argv = texts;
        return ST_OK;
    }
    command_free(count, texts);
    return status;
}

void command_free(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        free(argv[i]);
    free(argv);
}

enum status process_arguments(int *argc, char ***argv)
{
    return command_split(GetCommandLineW(), argc, argv);
}
