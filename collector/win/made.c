/* made.c - one registry value for each thing: its name is "<kind> <object>", its data the order in which it was made. */
#include "made.h"
#include "base/win/error.h"
#include <stdlib.h>
#include <wchar.h>

#define NOTES_PARENT   L"SOFTWARE\\Salvor\\Installed"
#define NOTES_TOP      L"SOFTWARE\\Salvor"
#define MAX_NAME_CHARS 16384 /* of a registry value */
#define MAX_MADE       4096
#define RIGHTS         (KEY_READ | KEY_WRITE | KEY_WOW64_64KEY)
#define MAX_KIND_CHARS 8

static WCHAR *joined(const WCHAR *a, WCHAR between, const WCHAR *b)
{
    size_t a_chars = wcslen(a), b_chars = wcslen(b);
    WCHAR *text = malloc((a_chars + b_chars + 2) * sizeof *text);

    if (!text)
        return NULL;
    wmemcpy(text, a, a_chars);
    text[a_chars] = between;
    wmemcpy(text + a_chars + 1, b, b_chars + 1);
    return text;
}

enum status made_open(struct made *ret, const WCHAR *service, bool create)
{
    WCHAR *path = joined(NOTES_PARENT, L'\\', service);
    HKEY key = NULL;
    LSTATUS error;

    if (!path)
        return ST_MEMORY;
    if (create)
        error = RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, 0, RIGHTS, NULL, &key, NULL);
    else
        error = RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, RIGHTS, &key);
    if (error != ERROR_SUCCESS && (create || error != ERROR_FILE_NOT_FOUND)) {
        free(path);
        return status_from_win32((uint32_t)error);
    }
    *ret = (struct made){path, key};
    return ST_OK;
}

void made_close(struct made *made)
{
    if (made->key)
        RegCloseKey(made->key);
    free(made->path);
    *made = (struct made){0};
}

static DWORD count_of(const struct made *made)
{
    DWORD count = 0;

    RegQueryInfoKeyW(made->key, NULL, NULL, NULL, NULL, NULL, NULL, &count, NULL, NULL, NULL, NULL);
    return count;
}

enum status made_note(const struct made *made, const WCHAR *kind, const WCHAR *object)
{
    WCHAR *name = joined(kind, L' ', object);
    DWORD order = count_of(made);
    enum status st = ST_OK;

    if (!name)
        return ST_MEMORY;
    if (!made_has(made, kind, object))
        st = status_from_win32((uint32_t)RegSetValueExW(made->key, name, 0, REG_DWORD, (const BYTE *)&order, sizeof order));
    free(name);
    return st;
}

bool made_has(const struct made *made, const WCHAR *kind, const WCHAR *object)
{
    WCHAR *name = joined(kind, L' ', object);
    bool has = name && made->key && RegQueryValueExW(made->key, name, NULL, NULL, NULL, NULL) == ERROR_SUCCESS;

    free(name);
    return has;
}

void made_forget(const struct made *made, const WCHAR *kind, const WCHAR *object)
{
    WCHAR *name = joined(kind, L' ', object);

    if (name)
        RegDeleteValueW(made->key, name);
    free(name);
}

static int by_order(const void *a, const void *b)
{
    const struct made_thing *left = a, *right = b;

    return left->order < right->order ? 1 : left->order > right->order ? -1 : 0;
}

/* Takes "<kind> <object>" apart; what was not written by made_note is passed over. */
static bool parse(struct made_thing *ret, const WCHAR *name, DWORD order)
{
    const WCHAR *blank = wcschr(name, L' ');

    if (!blank || blank - name > MAX_KIND_CHARS || !blank[1])
        return false;
    ret->kind = _wcsdup(name);
    if (!ret->kind)
        return false;
    ret->kind[blank - name] = L'\0';
    ret->object = ret->kind + (blank - name) + 1;
    ret->order = order;
    return true;
}

enum status made_list(const struct made *made, struct made_thing **ret, size_t *ret_count)
{
    struct made_thing *things = NULL;
    WCHAR *name = malloc(MAX_NAME_CHARS * sizeof *name);
    DWORD room = made->key ? count_of(made) : 0;
    size_t count = 0;

    if (room > MAX_MADE)
        room = MAX_MADE;
    things = calloc((size_t)room + 1, sizeof *things);
    if (!name || !things) {
        free(name);
        free(things);
        return ST_MEMORY;
    }
    for (DWORD i = 0; i < room; i++) {
        DWORD chars = MAX_NAME_CHARS, order = 0, size = sizeof order, type = 0;
        if (RegEnumValueW(made->key, i, name, &chars, NULL, &type, (BYTE *)&order, &size) == ERROR_SUCCESS && type == REG_DWORD &&
            parse(&things[count], name, order))
            count++;
    }
    free(name);
    qsort(things, count, sizeof *things, by_order);
    *ret = things;
    *ret_count = count;
    return ST_OK;
}

void made_list_free(struct made_thing *things, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(things[i].kind);
    free(things);
}

/* RegDeleteKeyEx spares a key with keys below it; values must be looked for. */
static void remove_if_empty(const WCHAR *path)
{
    DWORD values = 1;
    HKEY key;

    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ | KEY_WOW64_64KEY, &key) != ERROR_SUCCESS)
        return;
    RegQueryInfoKeyW(key, NULL, NULL, NULL, NULL, NULL, NULL, &values, NULL, NULL, NULL, NULL);
    RegCloseKey(key);
    if (values == 0)
        RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_64KEY, 0);
}

void made_remove(struct made *made)
{
    if (made->key)
        RegCloseKey(made->key);
    made->key = NULL;
    remove_if_empty(made->path);
    remove_if_empty(NOTES_PARENT);
    remove_if_empty(NOTES_TOP);
    made_close(made);
}
