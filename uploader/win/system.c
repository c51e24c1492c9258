/* system.c - terminal and temporary folder on Windows. */
#include "uploader/system.h"
#include "base/text.h"
#include <stdlib.h>
#include <windows.h>

bool system_has_terminal(void)
{
    DWORD mode;

    return GetConsoleMode(GetStdHandle(STD_ERROR_HANDLE), &mode) != 0;
}

enum status system_temp_folder(struct buffer *out)
{
    DWORD size = MAX_PATH + 1, len;
    enum status status = ST_MEMORY;
    wchar_t *path = NULL;

    for (;;) { /* GetTempPathW answers with the size it needs, and the environment may change meanwhile */
        wchar_t *grown = realloc(path, size * sizeof *path);
        if (!grown)
            break;
        path = grown;
        len = GetTempPathW(size, path);
        if (len == 0)
            status = status_from_win32(GetLastError());
        else if (len < size)
            status = text_from_utf16le(out, (const uint8_t *)path, len * sizeof *path, true);
        if (len < size)
            break;
        size = len + 1;
    }
    free(path);
    return status;
}
