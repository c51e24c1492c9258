/* keys.c - see keys.h. */
#include "keys.h"
#include "base/buffer.h"
#include "base/process.h"
#include "base/win/wide.h"
#include "harness.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define ASIDE    "SOFTWARE\\Salvor tests\\"
#define MAX_TEXT 8192

static wchar_t *wide(const char *text)
{
    wchar_t *made = wide_from_utf8(text);

    assert_non_null(made);
    return made;
}

static LSTATUS open_key(const char *key, REGSAM rights, REGSAM view, HKEY *ret)
{
    wchar_t *path = wide(key);
    LSTATUS status = RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, rights | view, ret);

    free(path);
    return status;
}

static HKEY make_key(const char *key)
{
    wchar_t *path = wide(key);
    HKEY made = NULL;

    assert_int_equal(RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, 0, KEY_ALL_ACCESS | KEY_WOW64_64KEY, NULL, &made, NULL),
                     ERROR_SUCCESS);
    free(path);
    return made;
}

void keys_drop(const char *key)
{
    wchar_t *path = wide(key);
    HKEY machine;

    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, NULL, 0, KEY_ALL_ACCESS | KEY_WOW64_64KEY, &machine) == ERROR_SUCCESS) {
        RegDeleteTreeW(machine, path);
        RegCloseKey(machine);
    }
    free(path);
}

bool keys_has(const char *key)
{
    HKEY opened;

    if (open_key(key, KEY_READ, KEY_WOW64_64KEY, &opened) != ERROR_SUCCESS)
        return false;
    RegCloseKey(opened);
    return true;
}

static void copy(const char *from, const char *to)
{
    HKEY source, target = make_key(to);

    assert_int_equal(open_key(from, KEY_READ, KEY_WOW64_64KEY, &source), ERROR_SUCCESS);
    assert_int_equal(RegCopyTreeW(source, NULL, target), ERROR_SUCCESS);
    RegCloseKey(source);
    RegCloseKey(target);
}

/* The name of a key put aside: its path with other slashes, which are ordinary letters in a key's name. */
static void aside(const char *key, char *ret, size_t size)
{
    size_t start = strlen(ASIDE);

    assert_true((size_t)snprintf(ret, size, ASIDE "%s", key) < size);
    for (char *at = ret + start; *at; at++)
        if (*at == '\\')
            *at = '/';
}

void keys_take(const char *key)
{
    char kept[512];

    aside(key, kept, sizeof kept);
    if (keys_has(key) && !keys_has(kept))
        copy(key, kept);
    keys_drop(key);
}

void keys_give_back(const char *key)
{
    char kept[512];

    aside(key, kept, sizeof kept);
    keys_drop(key);
    if (keys_has(kept))
        copy(kept, key);
    keys_drop(kept);
}

static void set_value(const char *key, const char *name, DWORD type, const void *bytes, size_t size)
{
    wchar_t *value = wide(name);
    HKEY made = make_key(key);

    assert_int_equal(RegSetValueExW(made, value, 0, type, bytes, (DWORD)size), ERROR_SUCCESS);
    RegCloseKey(made);
    free(value);
}

static void set_wide(const char *key, const char *name, DWORD type, const char *text)
{
    wchar_t *units = wide(text);

    set_value(key, name, type, units, (wcslen(units) + 1) * sizeof *units);
    free(units);
}

void keys_set_text(const char *key, const char *name, const char *text)
{
    set_wide(key, name, REG_SZ, text);
}

void keys_set_path(const char *key, const char *name, const char *text)
{
    set_wide(key, name, REG_EXPAND_SZ, text);
}

void keys_set_number(const char *key, const char *name, uint32_t number)
{
    set_value(key, name, REG_DWORD, &number, sizeof number);
}

void keys_drop_value(const char *key, const char *name)
{
    wchar_t *value = wide(name);
    HKEY made = make_key(key);

    RegDeleteValueW(made, value);
    RegCloseKey(made);
    free(value);
}

static DWORD read_view(const char *key, const char *name, REGSAM view, char *ret, size_t size)
{
    wchar_t *value = wide(name), text[MAX_TEXT] = L"";
    DWORD type = REG_NONE, bytes = sizeof text - sizeof *text, number;
    HKEY opened;
    LSTATUS status = open_key(key, KEY_READ, view, &opened);

    ret[0] = '\0';
    if (!status) {
        status = RegQueryValueExW(opened, value, NULL, &type, (BYTE *)text, &bytes);
        RegCloseKey(opened);
    }
    free(value);
    if (status)
        return REG_NONE;
    memcpy(&number, text, sizeof number);
    if (type == REG_DWORD) {
        snprintf(ret, size, "%lu", number);
    } else {
        char *utf8 = wide_to_utf8(text);
        snprintf(ret, size, "%s", utf8);
        free(utf8);
    }
    return type;
}

unsigned long keys_read(const char *key, const char *name, char *ret, size_t size)
{
    return read_view(key, name, KEY_WOW64_64KEY, ret, size);
}

unsigned long keys_read_x86(const char *key, const char *name, char *ret, size_t size)
{
    return read_view(key, name, KEY_WOW64_32KEY, ret, size);
}

void keys_import(const char *path)
{
    struct process *regedit = NULL;
    wchar_t folder[512];
    char program[1024], argument[2048], *utf8;
    const char *const argv[] = {program, "/S", argument, NULL};
    struct process_options options = {.argv = argv, .quiet = true};
    uint32_t code = 99;

    assert_true(GetWindowsDirectoryW(folder, 512));
    utf8 = wide_to_utf8(folder);
    snprintf(program, sizeof program, "%s\\regedit.exe", utf8);
    free(utf8);
    snprintf(argument, sizeof argument, "%s", path);
    for (char *at = argument; *at; at++)
        if (*at == '/')
            *at = '\\'; /* regedit takes a slash for an option */
    assert_int_equal(process_start(&regedit, &options), ST_OK);
    assert_int_equal(process_wait(regedit, 30000, &code), ST_OK);
    process_free(regedit);
    assert_int_equal(code, 0);
}

void keys_werhost(bool is_registered)
{
    struct buffer self;
    char command[2048];
    size_t folder;

    if (!is_registered) {
        keys_give_back(KEYS_AEDEBUG);
        return;
    }
    buffer_init(&self, 65536);
    assert_int_equal(process_self_path(&self), ST_OK);
    folder = (size_t)(path_base(buffer_text(&self)) - buffer_text(&self));
    snprintf(command, sizeof command, "\"%.*swerhost.exe\" attach %%ld %%ld", (int)folder, buffer_text(&self));
    buffer_done(&self);
    keys_take(KEYS_AEDEBUG);
    keys_set_text(KEYS_AEDEBUG, "Debugger", command);
    keys_set_text(KEYS_AEDEBUG, "Auto", "1");
}
