/* regtext.h - the syntax of .reg files: keys, values and their escapes, written as regedit writes them itself.
 *
 * "Windows Registry Editor Version 5.00", UTF-16LE with BOM and CRLF: an 8-bit file changes how hex(2) is read. All keys are below
 * HKEY_LOCAL_MACHINE. Names and values must be one line of UTF-8 without control characters; who calls has checked that. */
#ifndef SALVOR_COLLECTOR_REGTEXT_H
#define SALVOR_COLLECTOR_REGTEXT_H
#include "base/buffer.h"
#include <stdbool.h>

#define REGTEXT_MAX_VALUE 1024 /* bytes of a value's text */

/* Errors are sticky: calls after a failure do nothing, and regtext_encode returns the first status. */
struct regtext {
    struct buffer text; /* UTF-8, lines ended by LF */
    enum status status;
};

void regtext_init(struct regtext *regtext, size_t max_bytes);
void regtext_done(struct regtext *regtext);
/* Opens the key, or one below it (sub not NULL): the values that follow are its. */
void regtext_key(struct regtext *regtext, const char *key, const char *sub);
/* The same key is deleted with all that it holds. */
void regtext_delete_key(struct regtext *regtext, const char *key, const char *sub);
void regtext_value(struct regtext *regtext, const char *name, const char *value);  /* REG_SZ */
void regtext_expand(struct regtext *regtext, const char *name, const char *value); /* REG_EXPAND_SZ */
void regtext_number(struct regtext *regtext, const char *name, uint32_t value);    /* REG_DWORD */
void regtext_delete_value(struct regtext *regtext, const char *name);
/* Appends the file's bytes. */
enum status regtext_encode(const struct regtext *regtext, struct buffer *out);

#endif
