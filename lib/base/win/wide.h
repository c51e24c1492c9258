/* wide.h - the edge between UTF-8 and Windows: for Windows-only files of any folder.
 *
 * Everything returned is on the heap and freed with free(); NULL means that there was no memory, or that the text cannot be a path. */
#ifndef SALVOR_BASE_WIN_WIDE_H
#define SALVOR_BASE_WIN_WIDE_H
#include <stdint.h>
#include <wchar.h>

/* Unpaired surrogates survive both ways (as WTF-8). */
wchar_t *wide_from_utf8(const char *text);
char *wide_to_utf8(const wchar_t *text);
/* A path for a W function: one that is too long for MAX_PATH once it is made absolute comes back as \\?\C:\... or \\?\UNC\server\... */
wchar_t *wide_path(const char *path);

#endif
