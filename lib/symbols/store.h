/* store.h - tables for modules: searches symbol folders, compiles what it finds once, keeps it in a cache folder, and remembers what is not
 * there or not usable. For one thread at a time. */
#ifndef SALVOR_SYMBOLS_STORE_H
#define SALVOR_SYMBOLS_STORE_H
#include "symbols/locate.h"
#include "symbols/symbols.h"

#define STORE_MAX_ANSWERS 65536u /* remembered ones */

struct symbol_store;

/* cache: folder for compiled tables, made when missing; NULL keeps them in memory only. One that cannot be written is only read. */
enum status symbol_store_create(struct symbol_store **ret, const char *cache);
void symbol_store_free(struct symbol_store *store); /* accepts NULL; closes its tables */
/* begins is called before a symbol file is compiled, which may take long. */
void symbol_store_watch(struct symbol_store *store, void (*begins)(void *context, const char *file), void *context);
/* unpack writes what an archive holds to a new file; without it (NULL) archives are only found. It is used when there is a cache folder,
 * which keeps what was unpacked beside its tables. *ret_why completes "FILE ...". */
void symbol_store_unpack(struct symbol_store *store, enum status (*unpack)(const char *archive, const char *file, const char **ret_why));
/* Adds a folder to search, after those added before. Answers given so far are not reconsidered. */
enum status symbol_store_add(struct symbol_store *store, const char *folder);

struct symbol_answer {
    const struct symbol_table *table; /* lives as long as the store; NULL unless status is ST_OK */
    enum status
        status;       /* ST_NOT_FOUND; ST_REFUSED (only of other builds); ST_UNSUPPORTED (only as CAB); ST_FORMAT and the like (damaged) */
    const char *file; /* what was read or refused; "" when nothing was found. Lives as long as the store, and so does why */
    const char *why;  /* what is wrong with it, as in "FILE <why>"; "" */
    bool is_cached;   /* the table was in the cache before */
};
/* The table of a module from its symbol file of that kind. name and id as for struct locate_request. Errors: ST_MEMORY, ST_TOO_LARGE. */
enum status symbol_store_get(struct symbol_store *store, enum locate_kind kind, const char *name, const char *id,
                             struct symbol_answer *ret);

/* The index-th answer given so far, in no order that means anything; false past the last. */
struct symbol_use {
    enum locate_kind kind;
    const char *name, *id;
    const struct symbol_answer *answer;
};
bool symbol_store_use(const struct symbol_store *store, size_t index, struct symbol_use *ret);

/* Where that file is, without reading it: a new string that the caller frees. Errors: those of symbol_answer.status, ST_MEMORY. */
enum status symbol_store_find(const struct symbol_store *store, enum locate_kind kind, const char *name, const char *id, char **ret);

/* Checks that a file has that id and compiles it into bytes for a cache; *ret_why says what is wrong, as in "FILE <why>". Errors: as
 * symbol_answer.status, out's ceiling (ST_TOO_LARGE). */
enum status symbol_store_compile(const char *file, enum locate_kind kind, const char *id, struct buffer *out, const char **ret_why);
/* Where a cache folder keeps that table, as a new string that the caller frees; NULL without memory, or for no plain name. */
char *symbol_store_table_path(const char *cache, enum locate_kind kind, const char *name, const char *id);

/* Removes the tables that were not used for longest until the cache folder holds at most max_bytes, and what dead writers left. Other
 * processes may use the folder meanwhile: who finds a table gone compiles it again. */
enum status symbol_store_trim(const char *cache, uint64_t max_bytes);

#endif
