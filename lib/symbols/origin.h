/* origin.h - one symbol file on disk, of any kind: whether it is the one wanted, and what it says. */
#ifndef SALVOR_SYMBOLS_ORIGIN_H
#define SALVOR_SYMBOLS_ORIGIN_H
#include "symbols/builder.h"
#include "symbols/locate.h"

/* Whether the file has that id (debug id for .sym and PDB, code id for images). Errors: ST_REFUSED (sound, but another id), ST_FORMAT and
 * the like (damaged), those of reading; *ret_why (static) says what is wrong, as in "FILE <why>". */
enum status origin_check(const char *path, enum locate_kind kind, const char *id, const char **ret_why);
/* Reads all of it into the builder. Errors and *ret_why as above. */
enum status origin_compile(const char *path, enum locate_kind kind, struct symbol_builder *builder, const char **ret_why);

#endif
