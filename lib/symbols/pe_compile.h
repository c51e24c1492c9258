/* pe_compile.h - an image alone as a symbol file: exported names, and what unwinding needs. */
#ifndef SALVOR_SYMBOLS_PE_COMPILE_H
#define SALVOR_SYMBOLS_PE_COMPILE_H
#include "symbols/builder.h"
#include "symbols/pe.h"

#define PE_MAX_ENTRIES (1u << 24) /* .pdata rows that are read; later ones are noted as left out */

/* Hands to the builder: properties, exports of code as publics, .pdata entries, and the bytes of code and unwind information. What is
 * missing or damaged is noted. Errors: the builder's own. */
enum status pe_compile(const struct pe *pe, struct symbol_builder *builder);

#endif
