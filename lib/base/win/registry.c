/* registry.c - values below HKEY_LOCAL_MACHINE in the 64-bit view, whatever the bitness of this program. */
#include "base/registry.h"
#include "base/text.h"
#include "base/win/error.h"
#include "base/win/wide.h"
#include <stdlib.h>
#include <windows.h>

#define REGISTRY_MAX_BYTES (1u << 20)

/* Reads a value whole; loops because it may grow between two calls. The caller frees *ret. */
static enum status read_value(const char *key, const char *value, DWORD *ret_type, uint8_t **ret, DWORD *ret_bytes)
{
    HKEY opened = NULL;
    uint8_t *data = NULL;
    DWORD size = 256;
    enum status status = ST_MEMORY;
    wchar_t *wide_key = wide_from_utf8(key), *wide_value = wide_from_utf8(value);
    if (!wide_key || !wide_value)
        goto out;
    status = status_from_win32((uint32_t)RegOpenKeyExW(HKEY_LOCAL_MACHINE, wide_key, 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY, &opened));
    if (status)
        goto out;
    for (;;) {
        free(data);
        data = malloc(size);
        status = ST_MEMORY;
        if (!data)
            goto out;
        DWORD got = size;
        LSTATUS error = RegQueryValueExW(opened, wide_value, NULL, ret_type, data, &got);
        if (error == ERROR_MORE_DATA && got <= REGISTRY_MAX_BYTES) {
            size = got > size ? got : size * 2;
            continue;
        }
        status = status_from_win32((uint32_t)error);
        if (!status) {
            *ret = data;
            *ret_bytes = got;
            data = NULL;
        }
        goto out;
    }
out:
    if (opened)
        RegCloseKey(opened);
    free(data);
    free(wide_key);
    free(wide_value);
    return status;
}

/* Appends text with its %variables% put in. */
static enum status append_expanded(struct buffer *out, const wchar_t *text)
{
    DWORD room = 512;
    for (;;) {
        wchar_t *expanded = malloc(room * sizeof *expanded);
        if (!expanded)
            return ST_MEMORY;
        DWORD need = ExpandEnvironmentStringsW(text, expanded, room);
        if (need && need <= room) {
            enum status status = text_from_utf16le(out, (const uint8_t *)expanded, wcslen(expanded) * sizeof *expanded, true);
            free(expanded);
            return status;
        }
        enum status status = error_last();
        free(expanded);
        if (!need)
            return status;
        room = need;
    }
}

enum status registry_read_text(const char *key, const char *value, struct buffer *out)
{
    DWORD type, size;
    uint8_t *data;
    enum status status = read_value(key, value, &type, &data, &size);
    if (status)
        return status;
    /* The registry does not promise a terminator, nor an even size. */
    size_t units = size / sizeof(wchar_t);
    wchar_t *text = malloc((units + 1) * sizeof *text);
    if (!text) {
        free(data);
        return ST_MEMORY;
    }
    memcpy(text, data, units * sizeof *text);
    text[units] = 0;
    if (type == REG_SZ)
        status = text_from_utf16le(out, (const uint8_t *)text, wcslen(text) * sizeof *text, true);
    else if (type == REG_EXPAND_SZ)
        status = append_expanded(out, text);
    else
        status = ST_FORMAT;
    free(text);
    free(data);
    return status;
}

enum status registry_read_u32(const char *key, const char *value, uint32_t *ret)
{
    DWORD type, size;
    uint8_t *data;
    enum status status = read_value(key, value, &type, &data, &size);
    if (status)
        return status;
    if (type == REG_DWORD && size == sizeof *ret)
        memcpy(ret, data, sizeof *ret);
    else
        status = ST_FORMAT;
    free(data);
    return status;
}
