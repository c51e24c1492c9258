/* address.h - where a symbol file stands in a store: <name>/<id>/<file> (docs/protocol.md), in lower case throughout. */
#ifndef SALVOR_SERVER_DEPOT_ADDRESS_H
#define SALVOR_SERVER_DEPOT_ADDRESS_H
#include "symbols/identify.h"

struct symbol_address {
    char name[IDENTIFY_NAME_BYTES], id[LOCATE_MAX_ID_BYTES + 1], file[IDENTIFY_NAME_BYTES];
    bool is_sym; /* Breakpad text, told by the file's name */
};

/* Checks and folds the three parts; they may come from anybody. False: no store can hold such a file. */
bool symbol_address_make(struct symbol_address *ret, const char *name, const char *id, const char *file);
/* The same for a module's Breakpad file. */
bool symbol_address_make_sym(struct symbol_address *ret, const char *name, const char *id);
#define SYMBOL_ADDRESS_BYTES (2 * IDENTIFY_NAME_BYTES + LOCATE_MAX_ID_BYTES + 3)
void symbol_address_write(const struct symbol_address *address, char ret[SYMBOL_ADDRESS_BYTES]);
/* Reads "name/id/file". */
bool symbol_address_read(struct symbol_address *ret, const char *path);

#endif
