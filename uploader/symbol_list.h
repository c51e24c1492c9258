/* symbol_list.h - the symbol files of a build's output folders. */
#ifndef SALVOR_UPLOADER_SYMBOL_LIST_H
#define SALVOR_UPLOADER_SYMBOL_LIST_H
#include "base/option.h"
#include "base/status.h"
#include "symbols/locate.h"
#include <stdbool.h>
#include <stddef.h>

#define SYMBOL_LIST_MAX 1000000u

struct symbol_entry {
    char *path;
    char *name, *id, *file; /* its address, docs/protocol.md */
    bool is_missing;        /* the server lacks it */
    enum locate_kind kind;
};

struct symbol_list {
    struct symbol_entry *items; /* by address, each address once */
    size_t count, room;
    size_t unreadable; /* files and folders that could not be looked at, or are damaged; each was told of on stderr */
};

/* Goes through folders with all that is in them (links are not followed) and single files. Files that are no symbol files are passed over.
 * Fails only for want of memory. */
enum status symbol_list_find(struct symbol_list *ret, const struct option_list *paths);
/* Leaves out entries of other kinds than those in kinds (1 << enum locate_kind); how many. */
size_t symbol_list_keep(struct symbol_list *list, unsigned kinds);
void symbol_list_done(struct symbol_list *list); /* may be called twice */

#endif
