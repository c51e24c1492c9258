/* builder.h - what a reader of symbol files (.sym, PDB, PE) fills, and what writes one compiled table (cache.h) of it.
 *
 * Calls do not fail one by one: the first failure (memory, a ceiling) is kept, later calls do nothing, and symbol_builder_save says it.
 * Order does not matter except where a "last" is named. Addresses are relative to the module's base; a range that would pass 2^32 is cut
 * there. Of several things at one address the first given wins. Reading errors in one record are for symbol_builder_note. */
#ifndef SALVOR_SYMBOLS_BUILDER_H
#define SALVOR_SYMBOLS_BUILDER_H
#include "base/buffer.h"
#include "symbols/symbols.h"

/* Ceilings; more is ST_TOO_LARGE, except notes, which are counted only. */
#define SYMBOL_MAX_RECORDS    (1u << 28)  /* of each kind */
#define SYMBOL_MAX_TEXT_BYTES 0x7fff0000u /* all texts together, each counted once */
#define SYMBOL_MAX_NAME_BYTES 65535u      /* one text; longer ones are cut */
#define SYMBOL_MAX_NOTES      64u

#define SYMBOL_PROPERTY_SOURCE      "source"     /* "sym", "pdb" or "pe" */
#define SYMBOL_PROPERTY_OS          "os"         /* Breakpad's words: "windows", "Linux", "mac" */
#define SYMBOL_PROPERTY_CPU         "cpu"        /* "x86", "x86_64", "arm64" */
#define SYMBOL_PROPERTY_DEBUG_FILE  "debug_file" /* base name */
#define SYMBOL_PROPERTY_DEBUG_ID    "debug_id"   /* as minidump_module.debug_id */
#define SYMBOL_PROPERTY_CODE_FILE   "code_file"
#define SYMBOL_PROPERTY_CODE_ID     "code_id"
#define SYMBOL_PROPERTY_SOURCE_LINK "source_link" /* the PDB's SourceLink JSON */
#define SYMBOL_PROPERTY_SRCSRV      "srcsrv"      /* the PDB's srcsrv stream */

#define SYMBOL_TEXT_NONE     0u         /* the empty text */
#define SYMBOL_FILE_NONE     0u         /* no file */
#define SYMBOL_FILE_BY_LINES UINT32_MAX /* call_file: take file and line of the call from the lines one level further out */

struct symbol_builder;

enum status symbol_builder_create(struct symbol_builder **ret);
void symbol_builder_free(struct symbol_builder *builder);                /* accepts NULL */
enum status symbol_builder_status(const struct symbol_builder *builder); /* the first failure, so that a reader can stop early */

/* Keeps a text once, malformed UTF-8 replaced, and gives its number. size bytes, no terminator needed. */
uint32_t symbol_builder_text(struct symbol_builder *builder, const char *text, size_t size);
/* A source file by its path; the same path gives the same number. */
uint32_t symbol_builder_file(struct symbol_builder *builder, const char *path, size_t size);
/* A source file whose path becomes known later, or never. */
uint32_t symbol_builder_file_new(struct symbol_builder *builder);
void symbol_builder_file_name(struct symbol_builder *builder, uint32_t file, const char *path, size_t size);

/* Starts a function; lines and inlines given until the next one belong to it, those outside of its range are cut. Code of one function in
 * several places is given once for each. Functions inside others win over them. */
struct symbol_function {
    uint32_t rva, size;
    uint32_t name; /* text */
    uint32_t parameter_bytes;
    bool is_folded; /* one of several names for this code; set by the builder itself when a second one comes for the same address */
};
void symbol_builder_function(struct symbol_builder *builder, const struct symbol_function *function);
/* A line of the last function. level 0: lines of the function itself, or lines that are already the innermost ones (.sym); level n: lines
 * of the function inlined at depth n - 1. Where several cover an address, the highest level that is no deeper than the inlines there wins,
 * and within a level the one that starts last. */
void symbol_builder_line(struct symbol_builder *builder, uint32_t rva, uint32_t size, uint32_t file, uint32_t line, uint32_t level);
/* A function inlined into the last function (depth 0), or into the one inlined there at depth - 1. Its code follows as ranges; gives the
 * number to name it by, valid until the next function starts. */
uint32_t symbol_builder_inline(struct symbol_builder *builder, uint32_t depth, uint32_t name, uint32_t call_file, uint32_t call_line);
void symbol_builder_inline_range(struct symbol_builder *builder, uint32_t number, uint32_t rva, uint32_t size);

/* A label without a size (PUBLIC, PDB public, PE export). Used where no function is known, up to the next label or function. */
void symbol_builder_public(struct symbol_builder *builder, uint32_t rva, uint32_t name, uint32_t parameter_bytes, bool is_folded);

/* STACK CFI INIT, and a STACK CFI line that belongs to the last of them by address. rules are texts. */
void symbol_builder_cfi(struct symbol_builder *builder, uint32_t rva, uint32_t size, uint32_t rules);
void symbol_builder_cfi_delta(struct symbol_builder *builder, uint32_t rva, uint32_t rules);
/* STACK WIN, FrameData, FPO; win->program is copied. */
void symbol_builder_win(struct symbol_builder *builder, const struct symbol_win *win);
/* A .pdata entry, and bytes of the image that unwinding or code inspection needs; the bytes are copied, pieces must not overlap. */
void symbol_builder_entry(struct symbol_builder *builder, const struct symbol_entry *entry);
void symbol_builder_image(struct symbol_builder *builder, uint32_t rva, const void *bytes, size_t size);

/* Sets a named text (SYMBOL_PROPERTY_...); the last one given counts. Not cut at SYMBOL_MAX_NAME_BYTES. */
void symbol_builder_property(struct symbol_builder *builder, const char *key, const char *value, size_t size);
/* Adds a soft error, one sentence part; past SYMBOL_MAX_NOTES they are only counted and the last one says how many. */
void symbol_builder_note(struct symbol_builder *builder, const char *format, ...) BASE_PRINTF(2, 3);

/* Compiles. Call one of them once; afterwards only symbol_builder_free. The file is written beside path and renamed over it.
 * Errors: the first failure of any call, or of writing. */
enum status symbol_builder_save(struct symbol_builder *builder, const char *path);
enum status symbol_builder_append(struct symbol_builder *builder, struct buffer *out);

#endif
