/* view.h - reads the registry below HKLM in either of its views: the 64-bit one, and the one that 32-bit programs see as theirs. */
#ifndef SALVOR_COLLECTOR_DOCTOR_WIN_VIEW_H
#define SALVOR_COLLECTOR_DOCTOR_WIN_VIEW_H
#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>

enum view { VIEW_64, VIEW_32 };

/* UTF-8 texts on the heap. */
struct names {
    char **items;
    size_t count;
};

bool view_has_key(enum view view, const char *key);
/* Names of a key's subkeys or values; none when there is no such key. */
enum status view_subkeys(enum view view, const char *key, struct names *ret);
enum status view_values(enum view view, const char *key, struct names *ret);
/* A REG_SZ or REG_EXPAND_SZ as it stands, or a REG_DWORD in decimal, on the heap; NULL when there is none. */
char *view_text(enum view view, const char *key, const char *value);
/* A REG_DWORD; false when there is none. */
bool view_number(enum view view, const char *key, const char *value, uint32_t *ret);

enum status names_add(struct names *names, const char *text);
bool names_have(const struct names *names, const char *text); /* ASCII case ignored */
void names_done(struct names *names);

#endif
