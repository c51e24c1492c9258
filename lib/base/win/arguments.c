/* arguments.c - the command line as UTF-8. A file of its own, since only programs that call it should need shell32. */
#include "base/process.h"
#include "base/win/wide.h"
#include <stdlib.h>
#include <windows.h>

#include <shellapi.h>

enum status process_arguments(int *argc, char ***argv)
{
    int count;
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);
    if (!wide)
        return status_from_win32(GetLastError());
    char **texts = calloc((size_t)count + 1, sizeof *texts);
    enum status status = texts ? ST_OK : ST_MEMORY;
    for (int i = 0; i < count && !status; i++) {
        texts[i] = wide_to_utf8(wide[i]);
        if (!texts[i])
            status = ST_MEMORY;
    }
    LocalFree(wide);
    if (!status) {
        *argc = count;
        *argv = texts;
        return ST_OK;
    }
    for (int i = 0; texts && texts[i]; i++)
        free(texts[i]);
    free(texts);
    return status;
}
