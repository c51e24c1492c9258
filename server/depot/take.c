/* take.c - see take.h. */
#include "depot/take.h"
#include "base/text.h"
#include <string.h>

static bool is_said(const char *text)
{
    return text && text[0];
}

/* Compares debug ids: hyphens do not count, nor does an age of 0 that is left out. */
static bool is_same_id(const char *said, const char *id)
{
    char plain[LOCATE_MAX_ID_BYTES + 2];
    size_t size = 0;
    for (; *said && size + 2 < sizeof plain; said++)
        if (*said != '-')
            plain[size++] = *said;
    if (*said)
        return false;
    if (size == 32)
        plain[size++] = '0';
    plain[size] = 0;
    return text_equal_nocase(plain, id);
}

static enum status refuse(struct buffer *error, const char *why)
{
    buffer_printf(error, "%s", why);
    return ST_REFUSED;
}

static enum status check_claim(const struct take_claim *claim, const struct symbol_identity *identity, struct buffer *error)
{
    if (claim->is_kind_known && claim->kind != identity->kind)
        return refuse(error, "is not the kind of file that its sender says");
    if (identity->kind != LOCATE_PE && is_said(claim->debug_id) && !is_same_id(claim->debug_id, identity->id))
        return refuse(error, "belongs to another build: its id is not the one that its sender says");
    if (identity->kind == LOCATE_SYM && is_said(claim->module) && !text_equal_nocase(claim->module, identity->name))
        return refuse(error, "belongs to another module: its MODULE line has another name than its sender says");
    if (identity->kind != LOCATE_SYM && !is_said(claim->file_name))
        return refuse(error, "does not tell its own name, and its sender does not either");
    if (identity->kind == LOCATE_PDB && !text_ends_nocase(claim->file_name, ".pdb"))
        return refuse(error, "is a PDB, but its sender gives a name that does not end in .pdb");
    return ST_OK;
}

static enum status make_address(const struct take_claim *claim, const struct symbol_identity *identity, struct symbol_address *ret,
                                struct buffer *error)
{
    bool is_sym = identity->kind == LOCATE_SYM;
    const char *name = is_sym ? identity->name : claim->file_name, *file = is_sym ? identity->file : claim->file_name;
    return symbol_address_make(ret, name, identity->id, file) ? ST_OK : refuse(error, "has a name or an id that no symbol store can hold");
}

enum status symbol_take(struct depot *depot, struct process_client *client, const char *path, const struct take_claim *claim,
                        struct symbol_address *ret_address, enum depot_outcome *ret_outcome, struct buffer *out_error)
{
    struct symbol_identity identity;
    enum status status = process_client_identify(client, path, depot_timeout_ms(depot), &identity, out_error);
    if (!status)
        status = check_claim(claim, &identity, out_error);
    if (!status)
        status = make_address(claim, &identity, ret_address, out_error);
    return status ? status : depot_put(depot, client, ret_address, path, ret_outcome, out_error);
}
