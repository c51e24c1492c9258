/* disposition.h - reading header values of the form `word; name=value; name="value"` (RFC 2045, RFC 7578, and what clients make of them).
 */
#ifndef SALVOR_SERVER_INGEST_DISPOSITION_H
#define SALVOR_SERVER_INGEST_DISPOSITION_H
#include <stdbool.h>
#include <stddef.h>

/* Finds parameter name (ASCII case ignored) in a header value and copies its text, unquoted. In a quoted text `\"` stands for `"`; any
 * other backslash is itself, since Windows clients send paths. False when there is none or it does not fit. */
bool disposition_parameter(const char *value, const char *name, char *ret, size_t ret_size);
/* Turns the escapes %22, %0D and %0A (how browsers and Crashpad write a quote or a line break in a name) back; others stay as they are. */
void disposition_unescape(char *text);
/* Whether the header value begins with this word, ended by ';', blank or its end; ASCII case ignored. */
bool disposition_is(const char *value, const char *word);

#endif
