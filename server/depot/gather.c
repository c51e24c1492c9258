/* gather.c - see gather.h. Files are copied into the depot's own folder before anything is read of them, so that nobody changes one between
 * its check and its use. */
#include "depot/gather.h"
#include "base/text.h"
#include "process/cabinet.h"
#include "process/mapping.h"
#include "store/id.h"
#include <stdlib.h>
#include <string.h>

#define COPY_BYTES      65536u
#define MAX_ERROR_BYTES 2048u
#define MAGIC_BYTES     4u

char *gather_new_path(const struct gather *gather)
{
    char name[ID_SECRET_BYTES];
    id_secret(name);
    return path_joined(depot_new_folder(gather->depot), name);
}

/* -- one file -- */

/* Images and PDBs are called as their file is; Breakpad's text says its name. */
static bool make_address(const struct symbol_identity *identity, const char *file_name, struct symbol_address *ret)
{
    if (identity->kind == LOCATE_SYM)
        return symbol_address_make(ret, identity->name, identity->id, identity->file);
    return symbol_address_make(ret, file_name, identity->id, file_name);
}

static bool is_of_file(enum status status)
{
    return status == ST_REFUSED || status == ST_FORMAT || status == ST_NOT_FOUND || status == ST_TOO_LARGE || status == ST_MEMORY ||
           status == ST_TIMEOUT || status == ST_CLOSED;
}

static void tell(struct gather *gather, const char *shown_as, enum gather_verdict verdict, const struct symbol_address *address,
                 const char *why)
{
    gather->taken += verdict != GATHER_REFUSED;
    gather->refused += verdict == GATHER_REFUSED;
    gather->tell(gather->context, shown_as, verdict, address, why);
}

static enum status put(struct gather *gather, const struct symbol_address *address, const char *path, const char *shown_as,
                       struct buffer *error)
{
    enum depot_outcome outcome = DEPOT_NEW;
    enum status status = depot_put(gather->depot, gather->client, address, path, &outcome, error);
    if (!status)
        tell(gather, shown_as, outcome == DEPOT_NEW ? GATHER_NEW : GATHER_REPLACED, address, "");
    else if (is_of_file(status))
        tell(gather, shown_as, GATHER_REFUSED, address, buffer_text(error));
    return is_of_file(status) ? ST_OK : status;
}

enum status gather_new_file(struct gather *gather, const char *path, const char *shown_as, const char *file_name)
{
    struct symbol_identity identity;
    struct symbol_address address;
    struct buffer error;
    buffer_init(&error, MAX_ERROR_BYTES);
    enum status status = process_client_identify(gather->client, path, UINT32_MAX, &identity, &error);
    if (!status && make_address(&identity, file_name, &address))
        status = put(gather, &address, path, shown_as, &error);
    else if (status == ST_NOT_FOUND)
        gather->passed_over++;
    else if (!status || is_of_file(status))
        tell(gather, shown_as, GATHER_REFUSED, NULL, status ? buffer_text(&error) : "has a name or an id that no symbol store can hold");
    buffer_done(&error);
    return status == ST_OK || is_of_file(status) ? ST_OK : status;
}

/* -- copies -- */

static enum status copy_bytes(struct file *from, struct file *to, uint64_t max_bytes)
{
    uint8_t bytes[COPY_BYTES];
    uint64_t total = 0;
    size_t got = 0;
    enum status status;
    do {
        status = file_read(from, bytes, sizeof bytes, &got);
        total += got;
        if (!status && total > max_bytes)
            status = ST_TOO_LARGE;
        if (!status)
            status = file_write(to, bytes, got);
    } while (!status && got);
    return status;
}

static enum status copy_file(const char *from_path, const char *to_path, uint64_t max_bytes)
{
    struct file from = {FILE_CLOSED}, to = {FILE_CLOSED};
    enum status status = file_open(&from, from_path, FILE_MODE_READ);
    if (!status)
        status = file_open(&to, to_path, FILE_MODE_CREATE);
    if (!status)
        status = copy_bytes(&from, &to, max_bytes);
    if (!status)
        status = file_sync(&to);
    file_close(&to);
    file_close(&from);
    return status;
}

enum status gather_file(struct gather *gather, const char *path, const char *shown_as, const char *file_name)
{
    char *copy = gather_new_path(gather);
    enum status status = copy ? copy_file(path, copy, gather->max_file_bytes) : ST_MEMORY;
    if (!status)
        status = gather_new_file(gather, copy, shown_as, file_name);
    else if (status == ST_TOO_LARGE)
        tell(gather, shown_as, GATHER_REFUSED, NULL, "is larger than the limit allows");
    if (copy)
        file_remove(copy); /* not there any more when it was taken in */
    free(copy);
    return status == ST_TOO_LARGE ? ST_OK : status;
}

/* -- archives -- */

static bool begins_with(const char *path, const char *magic)
{
    struct file file = {FILE_CLOSED};
    char bytes[MAGIC_BYTES];
    bool begins = file_open(&file, path, FILE_MODE_READ) == ST_OK && file_read_at(&file, 0, bytes, sizeof bytes) == ST_OK &&
                  memcmp(bytes, magic, sizeof bytes) == 0;
    file_close(&file);
    return begins;
}

bool gather_is_zip(const char *path)
{
    return begins_with(path, "PK\3\4");
}

/* Symbol stores keep "app.pdb" as the archive "app.pd_": the letter that is lost follows from the two before it. */
static bool unpacked_name(const char *archive, char ret[IDENTIFY_NAME_BYTES])
{
    static const char *const ENDINGS[] = {".pdb", ".dll", ".exe", ".sys", ".ocx", ".cpl", ".drv"};
    size_t size = strlen(archive);
    if (size < 5 || size >= IDENTIFY_NAME_BYTES || archive[size - 1] != '_')
        return false;
    memcpy(ret, archive, size + 1);
    for (size_t i = 0; i < sizeof ENDINGS / sizeof *ENDINGS; i++) {
        ret[size - 1] = ENDINGS[i][3];
        if (text_ends_nocase(ret, ENDINGS[i]))
            return true;
    }
    return false;
}

static enum status gather_cabinet(struct gather *gather, const char *path)
{
    char name[IDENTIFY_NAME_BYTES];
    const char *why = "is a CAB archive whose name is not that of a packed symbol file (such as app.pd_)";
    char *unpacked = gather_new_path(gather);
    enum status status = unpacked ? ST_FORMAT : ST_MEMORY;
    if (unpacked && unpacked_name(path_base(path), name))
        status = cabinet_expand_file(path, unpacked, gather->max_file_bytes, &why);
    if (!status)
        status = gather_new_file(gather, unpacked, path, name);
    else if (is_of_file(status))
        tell(gather, path, GATHER_REFUSED, NULL, why);
    if (unpacked)
        file_remove(unpacked);
    free(unpacked);
    return is_of_file(status) ? ST_OK : status;
}

static enum status gather_any_file(struct gather *gather, const char *path)
{
    if (gather_is_zip(path))
        return gather_zip(gather, path);
    if (begins_with(path, "MSCF"))
        return gather_cabinet(gather, path);
    return gather_file(gather, path, path, path_base(path));
}

/* -- folders -- */

static enum status gather_at(struct gather *gather, const char *path, unsigned depth);

static enum status gather_folder(struct gather *gather, const char *path, unsigned depth)
{
    struct folder *folder = NULL;
    const char *name = NULL;
    enum status status = depth < GATHER_MAX_DEPTH ? folder_open(&folder, path) : ST_TOO_LARGE;
    while (!status && (status = folder_next(folder, &name)) == ST_OK) {
        char *below = path_joined(path, name);
        status = below ? gather_at(gather, below, depth + 1) : ST_MEMORY;
        free(below);
    }
    folder_close(folder);
    return status == ST_END ? ST_OK : status;
}

/* Links below a named folder are passed over: they may lead anywhere. */
static enum status gather_at(struct gather *gather, const char *path, unsigned depth)
{
    struct file_info info;
    enum status status = file_stat(path, &info);
    if (status)
        return status;
    if (info.is_folder)
        return gather_folder(gather, path, depth);
    if (info.is_regular)
        return gather_any_file(gather, path);
    gather->passed_over++;
    return ST_OK;
}

enum status gather_path(struct gather *gather, const char *path)
{
    char *real = realpath(path, NULL); /* what the administrator names may be a link */
    enum status status = real ? gather_at(gather, real, 0) : ST_NOT_FOUND;
    free(real);
    return status;
}
