/* symbols.h - one module's symbols, compiled: which function, inlines, file and line an address lies in, and how to unwind from it.
 *
 * A table is read-only bytes in the format of cache.h, mostly a mapped file whose pages all processes share. Nothing here allocates after
 * the open; every look-up is a binary search that checks each offset it follows, so a damaged table gives wrong answers at worst. All
 * addresses are relative to the module's base. Texts are UTF-8 and live until symbols_close. A table may be used by many threads. */
#ifndef SALVOR_SYMBOLS_SYMBOLS_H
#define SALVOR_SYMBOLS_SYMBOLS_H
#include "base/bytes.h"
#include "base/status.h"
#include <stdbool.h>

#define SYMBOLS_MAX_INLINES 64u /* functions inlined into each other at one address; deeper ones are left out */
#define SYMBOLS_MAX_FRAMES  (SYMBOLS_MAX_INLINES + 1)

struct symbol_table;

/* Opens a compiled table and checks its checksum. Errors: ST_FORMAT, ST_VERSION (compile again), ST_TRUNCATED, ST_CHECKSUM, ST_MEMORY,
 * and for files those of opening. bytes must stay as they are until symbols_close. */
enum status symbols_open(struct symbol_table **ret, struct span bytes);
enum status symbols_open_file(struct symbol_table **ret, const char *path);
/* The same over memory from malloc, which the table frees; on an error it stays the caller's. */
enum status symbols_open_owned(struct symbol_table **ret, uint8_t *bytes, size_t size);
void symbols_close(struct symbol_table *table); /* accepts NULL */

/* One function at an address. */
struct symbol_frame {
    const char *function;     /* as the symbol file spells it; "" when it has no name */
    const char *file;         /* "" when unknown */
    uint32_t line;            /* 0 = unknown */
    uint32_t rva;             /* where the function that holds the code starts; the same for all frames of a look-up */
    uint32_t parameter_bytes; /* x86: what the caller pushed; 0 for inlined functions */
    bool is_inline;           /* its code was inlined into the next frame */
    bool is_public;           /* from a bare label: the code may belong to a function that the symbols do not know */
    bool is_folded;           /* several functions share this code; this is one of their names */
};

/* The functions at rva, innermost first; the last one really exists, those before it were inlined. At most max (>= 1) are written; when
 * there are more, outer inlined ones are left out. Errors: ST_NOT_FOUND. */
enum status symbols_lookup(const struct symbol_table *table, uint32_t rva, struct symbol_frame *frames, size_t max, size_t *ret_count);

/* STACK CFI rules: init holds for the whole range, then each delta from its address on
 * (https://chromium.googlesource.com/breakpad/breakpad/+/HEAD/docs/symbol_files.md). */
struct symbol_cfi {
    uint32_t rva, size;
    const char *init;
    uint32_t delta_first; /* for symbols_cfi_delta */
    uint32_t delta_count; /* those that hold at the address looked up */
};
enum status symbols_cfi(const struct symbol_table *table, uint32_t rva, struct symbol_cfi *ret); /* ST_NOT_FOUND */
/* The index-th delta's rules, in order of address; "" past the last. */
const char *symbols_cfi_delta(const struct symbol_table *table, const struct symbol_cfi *cfi, uint32_t index);

/* STACK WIN types that matter (cvconst.h StackFrameTypeEnum); others are kept as they are. */
#define SYMBOL_WIN_FPO        0u
#define SYMBOL_WIN_FRAME_DATA 4u

/* A STACK WIN or PDB FrameData / FPO record. */
struct symbol_win {
    uint32_t type, rva, size;
    uint32_t prologue_bytes, epilogue_bytes, parameter_bytes, saved_register_bytes, local_bytes, max_stack_bytes;
    bool allocates_base_pointer; /* only without a program */
    const char *program;         /* postfix program such as "$T0 .raSearch = ..."; "" when it has none */
};
/* The innermost record at rva: FrameData before FPO. Errors: ST_NOT_FOUND. */
enum status symbols_win(const struct symbol_table *table, uint32_t rva, struct symbol_win *ret);

/* A .pdata entry: unwind is the RVA of its unwind info, or on arm64 the packed word as it stands. */
struct symbol_entry {
    uint32_t rva, size, unwind;
};
/* Errors: ST_NOT_FOUND (on x64: a leaf, when the table has entries at all). */
enum status symbols_entry(const struct symbol_table *table, uint32_t rva, struct symbol_entry *ret);
bool symbols_has_entries(const struct symbol_table *table);
/* Bytes of the image (code, unwind info) from rva to the end of the piece that holds them; false when the table has none. */
bool symbols_image(const struct symbol_table *table, uint32_t rva, struct span *ret);

/* A named text about the module: a SYMBOL_PROPERTY_ of builder.h; "" when there is none. */
const char *symbols_property(const struct symbol_table *table, const char *key);
/* What was wrong in the symbol file it was made from, one sentence part each. */
size_t symbols_note_count(const struct symbol_table *table);
const char *symbols_note(const struct symbol_table *table, size_t index);

struct symbol_counts {
    uint32_t functions, places, inlines, files, cfi, win, entries, notes;
    uint64_t bytes;
};
void symbols_counts(const struct symbol_table *table, struct symbol_counts *ret);

#endif
