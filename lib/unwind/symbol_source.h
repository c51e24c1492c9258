/* symbol_source.h - lib/symbols as sources of unwind data: a PE file, and a compiled symbol table that carries one's tables. */
#ifndef SALVOR_UNWIND_SYMBOL_SOURCE_H
#define SALVOR_UNWIND_SYMBOL_SOURCE_H
#include "symbols/pe.h"
#include "symbols/symbols.h"
#include "unwind/image.h"
#include "unwind/unwind.h"

/* Reads a PE file's function table. pe must stay where it is while the image is used. false: as unwind_image_open. */
bool unwind_image_of_pe(struct unwind_image *ret, const struct pe *pe);

/* The function table and image pieces of a compiled symbol table, for a module at base. */
struct unwind_source unwind_source_of_symbols(const struct symbol_table *table, uint64_t base);
/* STACK CFI rules at rva, as unwind_process.rules wants them: index 0 the INIT line, then the later ones; false past the last. */
bool unwind_rules_of_symbols(const struct symbol_table *table, uint32_t rva, size_t index, const char **ret);
/* x86: the record at rva of a module at base, as unwind_process.frame_record wants it. */
void unwind_frame_record_of_symbols(const struct symbol_table *table, uint64_t base, uint32_t rva, struct unwind_frame_record *ret);

#endif
