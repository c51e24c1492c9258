/* sym.h - reads Breakpad's text symbol files.
 *
 * Format: https://chromium.googlesource.com/breakpad/breakpad/+/HEAD/docs/symbol_files.md. The text comes in pieces of any size and is not
 * kept. A line that makes no sense is left out and noted with its number; a file that consists of such lines is no symbol file. */
#ifndef SALVOR_SYMBOLS_SYM_H
#define SALVOR_SYMBOLS_SYM_H
#include "base/file.h"
#include "symbols/builder.h"

#define SYM_MAX_LINE_BYTES ((size_t)1 << 20) /* longer lines are left out */
#define SYM_MAX_ID_BYTES   64u

/* The first line: MODULE os cpu debug_id debug_file. */
struct sym_module {
    char os[32], cpu[32], debug_id[SYM_MAX_ID_BYTES];
    char debug_file[256];
};
/* Reads the module line at the start of bytes, which need not hold more than that. Errors: ST_FORMAT. */
enum status sym_identify(struct span bytes, struct sym_module *ret);

struct sym_reader;
enum status sym_reader_create(struct sym_reader **ret, struct symbol_builder *builder);
void sym_reader_free(struct sym_reader *reader); /* accepts NULL */
/* Takes the next piece of text; what it says goes to the builder. */
void sym_reader_feed(struct sym_reader *reader, const void *text, size_t size);
/* After the last piece. Errors: ST_FORMAT (no symbol file), the builder's; *ret_why (static) then says what is wrong, as in "NAME <why>".
 */
enum status sym_reader_end(struct sym_reader *reader, const char **ret_why);

/* All of that over a file from its position on. */
enum status sym_read(struct symbol_builder *builder, struct file *file, const char **ret_why);

#endif
