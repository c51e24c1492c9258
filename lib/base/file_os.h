/* file_os.h - what file.c, file_replace.c, win/file.c and posix/file.c share beyond file.h. Private to lib/base. */
#ifndef SALVOR_BASE_FILE_OS_H
#define SALVOR_BASE_FILE_OS_H
#include "base/file.h"

/* Makes one folder, 0700 on POSIX. ST_EXISTS when anything has that name, ST_NOT_FOUND when its parent is missing. */
enum status folder_make_os(const char *path);
bool path_is_separator_os(char c);
/* A new string with the folder that path lies in: "." when it names none. NULL without memory. */
char *path_parent_os(const char *path);

#endif
