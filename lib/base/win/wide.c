/* wide.c - UTF-8 to UTF-16 and back, and paths of any length. */
#include "base/win/wide.h"
#include "base/text.h"
#include <stdlib.h>
#include <windows.h>

#define WIDE_MAX_BYTES (1u << 30)
/* CreateDirectoryW wants room for an 8.3 name within MAX_PATH, so it ends at 248 already. */
#define WIDE_LONG_PATH 240

wchar_t *wide_from_utf8(const char *text)
{
    static const uint8_t terminator[2] = {0, 0};
    struct buffer wide;
    buffer_init(&wide, WIDE_MAX_BYTES);
    if (text_to_utf16le(&wide, text, strlen(text)) || buffer_append(&wide, terminator, sizeof terminator))
        buffer_done(&wide);
    return (wchar_t *)(void *)buffer_take(&wide);
}

char *wide_to_utf8(const wchar_t *text)
{
    struct buffer utf8;
    buffer_init(&utf8, WIDE_MAX_BYTES);
    /* The empty append makes "" of an empty text. */
    if (buffer_append(&utf8, "", 0) || text_from_utf16le(&utf8, (const uint8_t *)text, wcslen(text) * sizeof *text, true))
        buffer_done(&utf8);
    return buffer_take(&utf8);
}

/* The absolute form of path with room for a prefix of extra units before it, loop-until-fits. */
static wchar_t *full_path(const wchar_t *path, size_t extra)
{
    DWORD room = 512;
    for (;;) {
        wchar_t *full = malloc((extra + room) * sizeof *full);
        if (!full)
            return NULL;
        DWORD length = GetFullPathNameW(path, room, full + extra, NULL);
        if (length && length < room)
            return full;
        free(full);
        if (!length)
            return NULL;
        room = length + 1;
    }
}

wchar_t *wide_path(const char *path)
{
    static const wchar_t drive_prefix[] = L"\\\\?\\", share_prefix[] = L"\\\\?\\UNC";
    const size_t extra = sizeof share_prefix / sizeof *share_prefix - 1;
    wchar_t *wide = wide_from_utf8(path);
    if (!wide || wcsncmp(wide, L"\\\\?\\", 4) == 0 || wcsncmp(wide, L"\\\\.\\", 4) == 0)
        return wide;
    wchar_t *full = full_path(wide, extra);
    /* What GetFullPathNameW does not like is for the real call to refuse; devices ("con") come back as \\.\con. */
    if (!full || wcslen(full + extra) < WIDE_LONG_PATH || wcsncmp(full + extra, L"\\\\.\\", 4) == 0) {
        free(full);
        return wide;
    }
    free(wide);
    size_t length = wcslen(full + extra) + 1;
    if (wcsncmp(full + extra, L"\\\\", 2) == 0) {
        /* \\server\share becomes \\?\UNC\server\share: the first of its two backslashes goes */
        memcpy(full, share_prefix, extra * sizeof *full);
        memmove(full + extra, full + extra + 1, (length - 1) * sizeof *full);
    } else {
        size_t prefix = sizeof drive_prefix / sizeof *drive_prefix - 1;
        memmove(full + prefix, full + extra, length * sizeof *full);
        memcpy(full, drive_prefix, prefix * sizeof *full);
    }
    return full;
}
