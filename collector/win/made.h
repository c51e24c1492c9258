/* made.h - what `install` made, kept in the registry so that `uninstall` takes away exactly that.
 *
 * A thing is noted before it is made, so that an installation cut short can be taken back too; what was there before is never noted. */
#ifndef SALVOR_COLLECTOR_WIN_MADE_H
#define SALVOR_COLLECTOR_WIN_MADE_H
#include "base/status.h"
#include <stdbool.h>
#include <windows.h>

#define MADE_FILE    L"file"
#define MADE_FOLDER  L"folder" /* removed when it is empty */
#define MADE_DATA    L"data"   /* a folder whose contents are ours too */
#define MADE_KEY     L"key"    /* below HKLM, 64-bit view */
#define MADE_SERVICE L"service"

struct made {
    WCHAR *path; /* of its key below HKLM */
    HKEY key;    /* NULL: nothing is noted, and nothing can be */
};

/* Opens the notes on a service; create: makes them when there are none, otherwise key stays NULL. */
enum status made_open(struct made *ret, const WCHAR *service, bool create);
void made_close(struct made *made); /* may be called twice */
enum status made_note(const struct made *made, const WCHAR *kind, const WCHAR *object);
bool made_has(const struct made *made, const WCHAR *kind, const WCHAR *object);
void made_forget(const struct made *made, const WCHAR *kind, const WCHAR *object);

struct made_thing {
    WCHAR *kind, *object; /* object points into kind's memory */
    DWORD order;
};

/* All of them, the latest first. Freed with made_list_free. */
enum status made_list(const struct made *made, struct made_thing **ret, size_t *ret_count);
void made_list_free(struct made_thing *things, size_t count);
/* Removes the notes' key, and those above it that are empty then. Closes made. */
void made_remove(struct made *made);

#endif
