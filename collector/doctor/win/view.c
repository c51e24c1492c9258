/* view.c - see view.h. */
#include "view.h"
#include "base/text.h"
#include "base/win/wide.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define MAX_NAMES      4096  /* of one key; more are not looked at */
#define MAX_NAME_CHARS 16384 /* a value's name has at most 16383 */
#define MAX_TEXT_BYTES 65536

enum status names_add(struct names *names, const char *text)
{
    char **items = realloc(names->items, (names->count + 1) * sizeof *items);

    if (!items)
        return ST_MEMORY;
    names->items = items;
    items[names->count] = _strdup(text);
    if (!items[names->count])
        return ST_MEMORY;
    names->count++;
    return ST_OK;
}

bool names_have(const struct names *names, const char *text)
{
    for (size_t i = 0; i < names->count; i++)
        if (text_equal_nocase(names->items[i], text))
            return true;
    return false;
}

void names_done(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
    *names = (struct names){0};
}

static HKEY open_key(enum view view, const char *key)
{
    REGSAM rights = KEY_READ | (view == VIEW_32 ? KEY_WOW64_32KEY : KEY_WOW64_64KEY);
    WCHAR *wide = wide_from_utf8(key);
    HKEY opened = NULL;

    if (wide && RegOpenKeyExW(HKEY_LOCAL_MACHINE, wide, 0, rights, &opened) != ERROR_SUCCESS)
        opened = NULL;
    free(wide);
    return opened;
}

bool view_has_key(enum view view, const char *key)
{
    HKEY opened = open_key(view, key);

    if (opened)
        RegCloseKey(opened);
    return opened != NULL;
}

static enum status add_wide(struct names *names, const WCHAR *wide)
{
    char *text = wide_to_utf8(wide);
    enum status st = text ? names_add(names, text) : ST_MEMORY;

    free(text);
    return st;
}

static enum status list(enum view view, const char *key, bool values, struct names *ret)
{
    WCHAR *name = malloc(MAX_NAME_CHARS * sizeof *name);
    HKEY opened = name ? open_key(view, key) : NULL;
    enum status st = name ? ST_OK : ST_MEMORY;

    for (DWORD i = 0; opened && !st && i < MAX_NAMES; i++) {
        DWORD chars = MAX_NAME_CHARS;
        LSTATUS found = values ? RegEnumValueW(opened, i, name, &chars, NULL, NULL, NULL, NULL)
                               : RegEnumKeyExW(opened, i, name, &chars, NULL, NULL, NULL, NULL);
        if (found != ERROR_SUCCESS)
            break;
        st = add_wide(ret, name);
    }
    if (opened)
        RegCloseKey(opened);
    free(name);
    return st;
}

enum status view_subkeys(enum view view, const char *key, struct names *ret)
{
    return list(view, key, false, ret);
}

enum status view_values(enum view view, const char *key, struct names *ret)
{
    return list(view, key, true, ret);
}

/* The value's bytes, with two terminators behind them; NULL when there is none of a reasonable size. */
static BYTE *read_value(enum view view, const char *key, const char *value, DWORD *ret_type, DWORD *ret_bytes)
{
    HKEY opened = open_key(view, key);
    WCHAR *name = wide_from_utf8(value);
    BYTE *bytes = calloc(1, MAX_TEXT_BYTES + 2 * sizeof(WCHAR));
    DWORD size = MAX_TEXT_BYTES;
    bool ok = opened && name && bytes && RegQueryValueExW(opened, name, NULL, ret_type, bytes, &size) == ERROR_SUCCESS;

    if (opened)
        RegCloseKey(opened);
    free(name);
    if (!ok) {
        free(bytes);
        return NULL;
    }
    *ret_bytes = size;
    return bytes;
}

char *view_text(enum view view, const char *key, const char *value)
{
    DWORD type = REG_NONE, size = 0, number;
    BYTE *bytes = read_value(view, key, value, &type, &size);
    char *text = NULL, digits[16];

    if (bytes && (type == REG_SZ || type == REG_EXPAND_SZ)) {
        memset(bytes + size, 0, 2 * sizeof(WCHAR));
        text = wide_to_utf8((const WCHAR *)(const void *)bytes);
    } else if (bytes && type == REG_DWORD && size == sizeof number) {
        memcpy(&number, bytes, sizeof number);
        snprintf(digits, sizeof digits, "%lu", number);
        text = _strdup(digits);
    }
    free(bytes);
    return text;
}

bool view_number(enum view view, const char *key, const char *value, uint32_t *ret)
{
    DWORD type = REG_NONE, size = 0;
    BYTE *bytes = read_value(view, key, value, &type, &size);
    bool is_number = bytes && type == REG_DWORD && size == sizeof *ret;

    if (is_number)
        memcpy(ret, bytes, sizeof *ret);
    free(bytes);
    return is_number;
}
