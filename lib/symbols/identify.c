/* identify.c - the first bytes choose the reader. Only what begins like a PDB or an image is mapped as a whole. */
#include "symbols/identify.h"
#include "base/file.h"
#include "base/text.h"
#include "symbols/mapping.h"
#include "symbols/pdb.h"
#include "symbols/pe.h"
#include "symbols/sym.h"
#include <stdio.h>
#include <string.h>

#define START_BYTES 1024 /* a MODULE line fits into it */

/* The address of a file that is kept under its own name. */
static enum status own_name(const char *path, const char *id, struct symbol_identity *ret, const char **ret_why)
{
    const char *base = path_base(path);

    *ret_why = "has a name that is too long for a symbol server";
    if (strlen(base) >= IDENTIFY_NAME_BYTES)
        return ST_TOO_LARGE;
    snprintf(ret->name, sizeof ret->name, "%s", base);
    snprintf(ret->file, sizeof ret->file, "%s", base);
    snprintf(ret->id, sizeof ret->id, "%s", id);
    return ST_OK;
}

static enum status identify_pdb(const char *path, struct span bytes, struct symbol_identity *ret, const char **ret_why)
{
    struct pdb_identity identity;
    char id[PE_DEBUG_ID_BYTES];
    enum status status = pdb_identify(bytes, &identity, ret_why);

    if (status) /* ST_NOT_FOUND: a compiler's own, such as vc143.pdb, which belongs to no image */
        return status;
    pe_debug_id(identity.guid, identity.dbi_age, id);
    ret->kind = LOCATE_PDB;
    return own_name(path, id, ret, ret_why);
}

/* Programs for DOS begin like images too. */
static bool has_pe_magic(struct span bytes)
{
    uint32_t at, magic;

    return span_u32(bytes, 0x3c, &at) && span_u32(bytes, at, &magic) && magic == 0x4550;
}

static enum status identify_pe(const char *path, struct span bytes, struct symbol_identity *ret, const char **ret_why)
{
    struct pe pe;
    char id[PE_CODE_ID_BYTES];
    enum status status = has_pe_magic(bytes) ? pe_open(&pe, bytes, false) : ST_NOT_FOUND;

    *ret_why = "ends within its headers, or is neither PE32 nor PE32+";
    if (status)
        return status;
    pe_code_id(&pe, id);
    ret->kind = LOCATE_PE;
    return own_name(path, id, ret, ret_why);
}

static enum status identify_sym(struct span start, struct symbol_identity *ret, const char **ret_why)
{
    struct sym_module module;
    size_t len;

    *ret_why = "has a MODULE line without system, processor, id and name";
    if (sym_identify(start, &module))
        return ST_FORMAT;
    ret->kind = LOCATE_SYM;
    snprintf(ret->name, sizeof ret->name, "%s", path_base(module.debug_file));
    snprintf(ret->id, sizeof ret->id, "%s", module.debug_id);
    len = strlen(ret->name) - (text_ends_nocase(ret->name, ".pdb") ? 4 : 0);
    *ret_why = "has a debug file's name that is too long for a symbol server";
    if (len + sizeof ".sym" > sizeof ret->file)
        return ST_TOO_LARGE;
    memcpy(ret->file, ret->name, len);
    memcpy(ret->file + len, ".sym", sizeof ".sym");
    return ST_OK;
}

static enum status start_read(const char *path, uint8_t start[START_BYTES], size_t *ret)
{
    struct file file = {FILE_CLOSED};
    size_t got = 0;
    enum status status = file_open(&file, path, FILE_MODE_READ);

    *ret = 0;
    do {
        if (!status)
            status = file_read(&file, start + *ret, START_BYTES - *ret, &got);
        *ret += got;
    } while (!status && got && *ret < START_BYTES);
    file_close(&file);
    return status;
}

enum status symbol_identify(const char *path, struct symbol_identity *ret, const char **ret_why)
{
    uint8_t start[START_BYTES];
    struct span bytes = {start, 0}, whole = {NULL, 0};
    struct symbol_identity identity;
    enum status status = start_read(path, start, &bytes.len);
    bool is_pdb, is_pe;

    *ret_why = "cannot be read";
    if (status)
        return status;
    is_pdb = pdb_is(bytes);
    is_pe = bytes.len >= 2 && memcmp(start, "MZ", 2) == 0;
    if (bytes.len >= 7 && memcmp(start, "MODULE ", 7) == 0)
        status = identify_sym(bytes, &identity, ret_why);
    else
        status = is_pdb || is_pe ? symbols_map(&whole, path) : ST_NOT_FOUND;
    if (!status && is_pdb)
        status = identify_pdb(path, whole, &identity, ret_why);
    else if (!status && is_pe)
        status = identify_pe(path, whole, &identity, ret_why);
    symbols_unmap(&whole);
    if (!status)
        *ret = identity;
    return status;
}
