/* place.c - files that stand beside the module which this code is in: the program itself, or salvor.dll. */
#include "base/file.h"
#include "base/text.h"
#include "private.h"
#include <stdlib.h>

#define PLACE_MAX_CHARS 32768 /* the longest path that the loader gives */

static size_t folder_chars(const wchar_t *path, size_t chars)
{
    while (chars && path[chars - 1] != L'\\' && path[chars - 1] != L'/')
        chars--;
    return chars;
}

/* Appends the module's folder with its last separator. */
static enum status append_folder(struct buffer *out)
{
    DWORD flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    wchar_t *path = malloc(PLACE_MAX_CHARS * sizeof *path);
    enum status status = path ? ST_SYSTEM : ST_MEMORY;
    HMODULE module = NULL;
    DWORD chars;

    if (path && GetModuleHandleExW(flags, (LPCWSTR)(void *)&client, &module) &&
        (chars = GetModuleFileNameW(module, path, PLACE_MAX_CHARS)) != 0 && chars < PLACE_MAX_CHARS)
        status = text_from_utf16le(out, (const uint8_t *)path, folder_chars(path, chars) * sizeof *path, true);
    free(path);
    return status;
}

char *beside_this_module(const char *name)
{
    struct file_info info;
    struct buffer path;
    char *ret = NULL;

    buffer_init(&path, 4 * PLACE_MAX_CHARS);
    if (append_folder(&path) == ST_OK && buffer_append_text(&path, name) == ST_OK && file_stat(buffer_text(&path), &info) == ST_OK &&
        info.is_regular)
        ret = buffer_take(&path);
    buffer_done(&path);
    return ret;
}
