/* file_handle.h - what file.c and file_service.c share. Windows only. */
#ifndef SALVOR_BASE_WIN_FILE_HANDLE_H
#define SALVOR_BASE_WIN_FILE_HANDLE_H
#include "base/file.h"
#include "base/win/error.h"
#include <windows.h>

static inline HANDLE handle_of(const struct file *file)
{
    return (HANDLE)file->os; /* NOLINT(performance-no-int-to-ptr): a portable struct keeps handles as integers */
}

static inline enum status result(BOOL done)
{
    return done ? ST_OK : error_last();
}

#endif
