/* address.c - see address.h. */
#include "depot/address.h"
#include "base/file.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

/* Copies in lower case (ASCII, as symbol stores compare); false when it does not fit. */
static bool fold(char *ret, size_t ret_size, const char *text)
{
    size_t size = strlen(text);
    if (size >= ret_size)
        return false;
    for (size_t i = 0; i <= size; i++)
        ret[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]);
    return true;
}

static bool is_id(const char *id)
{
    size_t size = strspn(id, "0123456789abcdef");
    return size >= 9 && !id[size]; /* a code id has 8 digits of time and at least one of size */
}

#define SYM_NAME_BYTES (IDENTIFY_NAME_BYTES + 4)

/* What a module's Breakpad file is called; name fits IDENTIFY_NAME_BYTES. */
static void sym_name(char ret[SYM_NAME_BYTES], const char *name)
{
    size_t size = strlen(name) - (text_ends_nocase(name, ".pdb") ? 4 : 0);
    memcpy(ret, name, size);
    memcpy(ret + size, ".sym", 5);
}

/* The file is called as the module's, or is its Breakpad file. */
static bool is_file_of(const char *name, const char *file, bool *ret_is_sym)
{
    char sym[SYM_NAME_BYTES];
    sym_name(sym, name);
    *ret_is_sym = strcmp(sym, file) == 0;
    return *ret_is_sym || strcmp(name, file) == 0;
}

/* A leading dot is for folders of the depot's own. */
static bool is_name(const char *name)
{
    return path_is_plain_name(name) && name[0] != '.';
}

bool symbol_address_make(struct symbol_address *ret, const char *name, const char *id, const char *file)
{
    return fold(ret->name, sizeof ret->name, name) && fold(ret->id, sizeof ret->id, id) && fold(ret->file, sizeof ret->file, file) &&
           is_name(ret->name) && is_name(ret->file) && is_id(ret->id) && is_file_of(ret->name, ret->file, &ret->is_sym);
}

bool symbol_address_make_sym(struct symbol_address *ret, const char *name, const char *id)
{
    char sym[SYM_NAME_BYTES];
    if (strlen(name) >= IDENTIFY_NAME_BYTES)
        return false;
    sym_name(sym, name);
    return symbol_address_make(ret, name, id, sym);
}

void symbol_address_write(const struct symbol_address *address, char ret[SYMBOL_ADDRESS_BYTES])
{
    snprintf(ret, SYMBOL_ADDRESS_BYTES, "%s/%s/%s", address->name, address->id, address->file);
}

bool symbol_address_read(struct symbol_address *ret, const char *path)
{
    char parts[3][IDENTIFY_NAME_BYTES];
    for (unsigned i = 0; i < 3; i++) {
        size_t size = strcspn(path, "/");
        if (size >= sizeof parts[i] || (i < 2) != (path[size] == '/'))
            return false;
        memcpy(parts[i], path, size);
        parts[i][size] = 0;
        path += size + (i < 2);
    }
    return symbol_address_make(ret, parts[0], parts[1], parts[2]);
}
