/* programs.c - see programs.h. */
#include "programs.h"
#include "base/text.h"
#include "base/win/wide.h"
#include "proto/name.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define MAX_KEY_BYTES 1024

/* Absolute, without a separator at its end; on the heap, NULL without memory. */
static WCHAR *plain_folder(const char *folder)
{
    WCHAR *wide = wide_from_utf8(folder), *expanded = NULL, *full = NULL;
    DWORD chars = wide ? ExpandEnvironmentStringsW(wide, NULL, 0) : 0;

    if (chars)
        expanded = calloc(chars + 1, sizeof *expanded);
    if (expanded && ExpandEnvironmentStringsW(wide, expanded, chars))
        chars = GetFullPathNameW(expanded, 0, NULL, NULL);
    else
        chars = 0;
    if (chars)
        full = calloc(chars + 1, sizeof *full);
    if (full && GetFullPathNameW(expanded, chars + 1, full, NULL))
        for (size_t len = wcslen(full); len > 3 && full[len - 1] == L'\\'; len--)
            full[len - 1] = L'\0';
    free(expanded);
    free(wide);
    return full;
}

static bool is_same_folder(const char *a, const char *b)
{
    WCHAR *left = plain_folder(a), *right = plain_folder(b);
    bool same = left && right && CompareStringOrdinal(left, -1, right, -1, TRUE) == CSTR_EQUAL;

    free(left);
    free(right);
    return same;
}

bool programs_folder_is_watched(const struct doctor *doctor, const char *folder)
{
    for (size_t i = 0; i < doctor->settings->dumps.count; i++)
        if (is_same_folder(doctor->settings->dumps.items[i], folder))
            return true;
    return false;
}

static enum status add_new(struct names *names, const char *app)
{
    return names_have(names, app) ? ST_OK : names_add(names, app);
}

/* Subkeys that are a program's: others may stand there one day. */
static enum status add_subkeys(const char *key, struct names *ret)
{
    struct names found = {0};
    enum status st = view_subkeys(VIEW_64, key, &found);

    for (size_t i = 0; !st && i < found.count; i++)
        if (text_ends_nocase(found.items[i], ".exe"))
            st = add_new(ret, found.items[i]);
    names_done(&found);
    return st;
}

static enum status add_local_dumps(const struct doctor *doctor, struct names *ret)
{
    struct names found = {0};
    char key[MAX_KEY_BYTES];
    enum status st = view_subkeys(VIEW_64, NAME_KEY_LOCALDUMPS, &found);

    for (size_t i = 0; !st && i < found.count; i++) {
        snprintf(key, sizeof key, NAME_KEY_LOCALDUMPS "\\%s", found.items[i]);
        char *folder = view_text(VIEW_64, key, NAME_VALUE_DUMP_FOLDER);
        if (folder && programs_folder_is_watched(doctor, folder))
            st = add_new(ret, found.items[i]);
        free(folder);
    }
    names_done(&found);
    return st;
}

enum status programs_find(const struct doctor *doctor, struct names *ret)
{
    enum status st = ST_OK;

    for (size_t i = 0; !st && i < doctor->apps.count; i++)
        st = add_new(ret, doctor->apps.items[i]);
    if (!st)
        st = add_subkeys(NAME_KEY_SETTINGS, ret);
    if (!st)
        st = add_subkeys(NAME_KEY_POLICY, ret);
    return st ? st : add_local_dumps(doctor, ret);
}
