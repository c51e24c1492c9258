/* origin.c - one small table joins the readers of .sym, PDB and PE. */
#include "symbols/origin.h"
#include "base/file.h"
#include "base/text.h"
#include "symbols/mapping.h"
#include "symbols/pdb.h"
#include "symbols/pe.h"
#include "symbols/pe_compile.h"
#include "symbols/sym.h"
#include <string.h>

#define SYM_HEAD_BYTES 4096u

static enum status same_id(const char *found, const char *wanted, const char **ret_why)
{
    if (text_equal_nocase(found, wanted))
        return ST_OK;
    *ret_why = "belongs to another build: its id is not the module's";
    return ST_REFUSED;
}

static enum status sym_check(const char *path, const char *id, const char **ret_why)
{
    struct file file = {FILE_CLOSED};
    struct sym_module module;
    uint8_t head[SYM_HEAD_BYTES];
    size_t size = 0;
    enum status status = file_open(&file, path, FILE_MODE_READ);

    if (!status)
        status = file_read(&file, head, sizeof head, &size);
    file_close(&file);
    *ret_why = "could not be read";
    if (status)
        return status;
    *ret_why = "is not a Breakpad symbol file: it has no MODULE record";
    status = sym_identify((struct span){head, size}, &module);
    return status ? status : same_id(module.debug_id, id, ret_why);
}

static enum status sym_compile(const char *path, struct symbol_builder *builder, const char **ret_why)
{
    struct file file = {FILE_CLOSED};
    enum status status = file_open(&file, path, FILE_MODE_READ);

    *ret_why = "could not be opened";
    if (!status)
        status = sym_read(builder, &file, ret_why);
    file_close(&file);
    return status;
}

/* The age that the image names is the DBI stream's; a PDB whose two ages differ is found by either. */
static enum status pdb_check_bytes(struct span bytes, const char *id, const char **ret_why)
{
    struct pdb_identity identity;
    char found[PE_DEBUG_ID_BYTES];
    enum status status = pdb_identify(bytes, &identity, ret_why);

    if (status)
        return status;
    pe_debug_id(identity.guid, identity.dbi_age, found);
    if (text_equal_nocase(found, id))
        return ST_OK;
    pe_debug_id(identity.guid, identity.info_age, found);
    return same_id(found, id, ret_why);
}

static enum status pe_check_bytes(struct span bytes, const char *id, const char **ret_why)
{
    char found[PE_CODE_ID_BYTES];
    struct pe pe;
    enum status status = pe_open(&pe, bytes, false);

    *ret_why = "is damaged or no Windows image";
    if (status)
        return status;
    pe_code_id(&pe, found);
    return same_id(found, id, ret_why);
}

static enum status pe_compile_bytes(struct span bytes, struct symbol_builder *builder, const char **ret_why)
{
    struct pe pe;
    enum status status = pe_open(&pe, bytes, false);

    *ret_why = status ? "is damaged or no Windows image" : "needs more memory or has more records than the limits allow";
    return status ? status : pe_compile(&pe, builder);
}

enum status origin_check(const char *path, enum locate_kind kind, const char *id, const char **ret_why)
{
    struct span bytes;
    enum status status;

    if (kind == LOCATE_SYM)
        return sym_check(path, id, ret_why);
    *ret_why = "could not be opened";
    status = symbols_map(&bytes, path);
    if (status)
        return status;
    status = kind == LOCATE_PDB ? pdb_check_bytes(bytes, id, ret_why) : pe_check_bytes(bytes, id, ret_why);
    symbols_unmap(&bytes);
    return status;
}

enum status origin_compile(const char *path, enum locate_kind kind, struct symbol_builder *builder, const char **ret_why)
{
    struct span bytes;
    enum status status;

    if (kind == LOCATE_SYM)
        return sym_compile(path, builder, ret_why);
    *ret_why = "could not be opened";
    status = symbols_map(&bytes, path);
    if (status)
        return status;
    status = kind == LOCATE_PDB ? pdb_compile(bytes, builder, ret_why) : pe_compile_bytes(bytes, builder, ret_why);
    symbols_unmap(&bytes);
    return status;
}
