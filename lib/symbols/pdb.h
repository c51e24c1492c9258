/* pdb.h - reads Microsoft program databases: what functions, inlined functions, lines and frame layouts an image has.
 *
 * Formats: https://llvm.org/docs/PDB/ and cvinfo.h of https://github.com/microsoft/microsoft-pdb. The bytes may come from anybody. What
 * cannot be read is left out and noted with the builder; time and memory are bounded by the size of the file. */
#ifndef SALVOR_SYMBOLS_PDB_H
#define SALVOR_SYMBOLS_PDB_H
#include "symbols/builder.h"

/* Who a PDB is. Images name the GUID together with dbi_age; info_age counts up with tools that write without relinking. */
struct pdb_identity {
    uint8_t guid[16];
    uint32_t info_age;
    uint32_t dbi_age;
    uint16_t machine; /* as in a PE header; 0 when the PDB does not say */
};

/* Whether bytes start like a PDB. */
bool pdb_is(struct span bytes);
/* Reads only who it is. Errors: as msf_open, ST_FORMAT, ST_TRUNCATED, ST_NOT_FOUND (a PDB without the stream of debug information);
 * *ret_why says what is wrong, as in "NAME <why>" (static text, always set on an error). */
enum status pdb_identify(struct span bytes, struct pdb_identity *ret, const char **ret_why);
/* Hands all that the PDB says to the builder: properties, functions with lines and inlines, publics, frame data. Errors: those of
 * pdb_identify, and the builder's own. */
enum status pdb_compile(struct span bytes, struct symbol_builder *builder, const char **ret_why);

#endif
