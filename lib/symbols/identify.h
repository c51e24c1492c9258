/* identify.h - what kind of symbol file a file is, by its contents, and under which address a symbol server keeps it. */
#ifndef SALVOR_SYMBOLS_IDENTIFY_H
#define SALVOR_SYMBOLS_IDENTIFY_H
#include "symbols/locate.h"

#define IDENTIFY_NAME_BYTES 256

/* The address is <name>/<id>/<file>, see docs/protocol.md. */
struct symbol_identity {
    enum locate_kind kind;
    char name[IDENTIFY_NAME_BYTES], file[IDENTIFY_NAME_BYTES];
    char id[LOCATE_MAX_ID_BYTES];
};

/* Reads a regular file as far as its address needs; names of images and PDBs are those of the file itself. ST_NOT_FOUND: it is none of the
 * three kinds. Other errors: it begins like one and is damaged, or it cannot be read; *ret_why (static) then says what is wrong, as in
 * "FILE <why>". */
enum status symbol_identify(const char *path, struct symbol_identity *ret, const char **ret_why);

#endif
