/* support_symbols.h - tables straight from a builder, and a reader of everything in a table. */
#ifndef SALVOR_TESTS_SUPPORT_SYMBOLS_H
#define SALVOR_TESTS_SUPPORT_SYMBOLS_H
#include "symbols/builder.h"

/* Compiles, opens and frees the builder. Ends the program when that fails. */
struct symbol_table *symbols_compiled(struct symbol_builder *builder);
/* The table of a symbol file's text, fed in pieces of step bytes; NULL with *ret_why when it is none. */
struct symbol_table *symbols_from_sym(const void *text, size_t size, size_t step, const char **ret_why);
/* Makes a table's checksum right again after its bytes were changed; size is at least that of a header. */
void symbols_reseal(uint8_t *bytes, size_t size);
/* Looks up everything at every key of the table and around it, and reads every text to its end. Ends the program when a look-up breaks its
 * own promises. */
void symbols_touch(const struct symbol_table *table);

#endif
