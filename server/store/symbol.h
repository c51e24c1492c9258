/* symbol.h - which reports wait for which symbol files, and the tokens that let debuggers read symbols. */
#ifndef SALVOR_SERVER_STORE_SYMBOL_H
#define SALVOR_SERVER_STORE_SYMBOL_H
#include "store/db.h"
#include "store/id.h"

#define SYMBOL_MAX_WANTED 256u /* kept of one report */

/* A file's address; both in lower case. */
struct symbol_wanted {
    const char *name, *id;
    bool is_found; /* one was there when the report was processed, but could not serve */
};

/* Makes the report wait for exactly these files. */
enum status symbol_wait(struct db_tx *tx, const char *report_id, const struct symbol_wanted *wanted, size_t count);
/* A file has come: makes every report that waits for it due for processing. */
enum status symbol_arrived(struct db_tx *tx, const struct symbol_wanted *file, int64_t now_ms, int64_t *ret_reports);

/* A file that a report waits for and that may be asked for upstream; ST_END: none. */
enum status symbol_next_to_fetch(struct db_tx *tx, int64_t now_ms, char *ret_name, size_t name_size, char *ret_id, size_t id_size);
/* It was asked for in vain: not again before until_ms. */
enum status symbol_fetched(struct db_tx *tx, const struct symbol_wanted *file, int64_t until_ms);

/* Under which address, as "name/id/file", the file with this SHA-1 came: clients of chunks know no other name of a whole file. ST_END:
 * none. */
enum status symbol_sum_find(struct db_tx *tx, const char *sum, char *ret_path, size_t path_size);
enum status symbol_sum_set(struct db_tx *tx, const char *sum, const char *path);
/* Another file takes the place of the one of that address. */
enum status symbol_sum_forget(struct db_tx *tx, const char *path);

/* Makes a new token. */
enum status symbol_token_add(struct db_tx *tx, int64_t now_ms, char ret[ID_SECRET_BYTES]);
bool symbol_token_is_known(struct db_tx *tx, const char *token);

#endif
