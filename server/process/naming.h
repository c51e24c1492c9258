/* naming.h - names for the code of one dump: each module's symbols are looked for once, when something first asks about its code. */
#ifndef SALVOR_SERVER_PROCESS_NAMING_H
#define SALVOR_SERVER_PROCESS_NAMING_H
#include "minidump/minidump.h"
#include "process/dwarf.h"
#include "symbols/store.h"

struct naming;

/* What became of a module's symbols. A bare image counts as none: its exports name some functions, but more is wanted. */
enum naming_state {
    NAMING_UNNEEDED, /* nothing asked */
    NAMING_LOADED,
    NAMING_MISSING,
    NAMING_MISMATCHED, /* only files of other builds are there */
    NAMING_MALFORMED,  /* what is there is damaged, or cannot be read */
};
const char *naming_state_text(enum naming_state state); /* "unneeded", "loaded" ... */

struct naming_report {
    enum naming_state state;
    const char *source; /* what names come from: "pdb", "sym", "dwarf", "exports"; NULL when there is nothing */
    const char *file;   /* read or refused; "" when nothing was found */
    const char *why;    /* what is wrong with it, as in "FILE <why>"; "" */
};

/* A file that would help, by its address in a symbol store. */
struct naming_wanted {
    const char *name, *id;
    bool is_found; /* one is there, but cannot serve */
};
#define NAMING_MAX_WANTED 2

/* minidump, store and dwarf (may be NULL) must stay until naming_free. Errors: ST_MEMORY. */
enum status naming_create(struct naming **ret, const struct minidump *minidump, struct symbol_store *store, struct dwarf *dwarf);
void naming_free(struct naming *naming); /* accepts NULL */

/* The functions at an address, innermost first, as symbols_lookup gives them; 0 when nothing names it. max >= 1. */
size_t naming_functions(struct naming *naming, uint64_t address, struct symbol_frame *frames, size_t max);
/* STACK CFI rules at an address, as struct unwind_process wants them. */
bool naming_rules(struct naming *naming, uint64_t address, size_t index, const char **ret);
/* The index-th table that may tell how to unwind at an address, with the base that its addresses are relative to; NULL past the last. */
const struct symbol_table *naming_table(struct naming *naming, uint64_t address, size_t index, uint64_t *ret_base);

/* Where a module's image file is; NULL when it is not there. */
const char *naming_image(struct naming *naming, size_t module);

/* Says what became of a module's symbols; never looks for them itself. */
void naming_report(const struct naming *naming, size_t module, struct naming_report *ret);
/* The files that a module whose code was asked about lacks; returns how many. */
size_t naming_wanted(const struct naming *naming, size_t module, struct naming_wanted ret[NAMING_MAX_WANTED]);

#endif
