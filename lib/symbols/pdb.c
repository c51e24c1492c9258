/* pdb.c - opens a PDB, says who it is and runs the readers of its parts. */
#include "symbols/pdb.h"
#include "symbols/pdb_reader.h"
#include "symbols/pe.h"
#include <string.h>

#define INFO_STREAM       1u
#define INFO_VERSION_VC70 20000404u /* the first with a GUID */
#define INFO_HEADER_BYTES 28u
#define NAMES_MAGIC       0xeffeeffeu
#define NAMES_HEADER      12u

#define MAX_SOURCE_TEXT_BYTES (64u << 20) /* SourceLink or srcsrv */

bool pdb_is(struct span bytes)
{
    static const char start[] = "Microsoft C/C++ ";

    return bytes.len >= sizeof(start) - 1 && memcmp(bytes.data, start, sizeof(start) - 1) == 0;
}

bool pdb_text(struct span bytes, uint64_t offset, struct span *ret)
{
    if (offset >= bytes.len)
        return false;
    size_t room = bytes.len - (size_t)offset;
    const uint8_t *text = bytes.data + (size_t)offset, *end = memchr(text, 0, room);
    if (!end)
        return false;
    *ret = (struct span){text, (size_t)(end - text)};
    return true;
}

bool pdb_string(const struct pdb *pdb, uint32_t offset, struct span *ret)
{
    uint32_t magic, size;
    struct span texts;

    return span_u32(pdb->strings.bytes, 0, &magic) && magic == NAMES_MAGIC && span_u32(pdb->strings.bytes, 8, &size) &&
           span_sub(pdb->strings.bytes, NAMES_HEADER, size, &texts) && pdb_text(texts, offset, ret);
}

bool pdb_spend(struct pdb *pdb)
{
    if (!pdb->budget)
        return false;
    pdb->budget--;
    return true;
}

/* The hash table of stream names: its buffer of texts, the bits that say which buckets are used, the used buckets. */
static void read_stream_names(struct span info, struct pdb_names *ret)
{
    uint32_t text_bytes, count, words;
    uint64_t at = INFO_HEADER_BYTES;
    struct pdb_names names;

    if (!span_u32(info, at, &text_bytes) || !span_sub(info, at + 4, text_bytes, &names.texts))
        return;
    at += 4 + (uint64_t)text_bytes;
    if (!span_u32(info, at, &count))
        return;
    at += 8;                            /* count and capacity */
    for (int set = 0; set < 2; set++) { /* buckets used, buckets deleted */
        if (!span_u32(info, at, &words))
            return;
        at += 4 + 4 * (uint64_t)words;
    }
    if (span_sub(info, at, 8 * (uint64_t)count, &names.entries))
        *ret = names;
}

/* A stream by its name, or by how its name begins; MSF_NO_STREAM when there is none. */
static uint32_t named_stream(const struct pdb *pdb, const char *name, bool is_start)
{
    const struct pdb_names *names = &pdb->stream_names;
    size_t size = strlen(name);
    struct span text;

    for (size_t at = 0; at + 8 <= names->entries.len; at += 8)
        if (pdb_text(names->texts, bytes_u32(names->entries.data + at), &text) && (is_start ? text.len >= size : text.len == size) &&
            memcmp(text.data, name, size) == 0)
            return bytes_u32(names->entries.data + at + 4);
    return MSF_NO_STREAM;
}

static enum status read_info(struct pdb *pdb, const char **ret_why)
{
    enum status status = msf_view_open(pdb->msf, INFO_STREAM, &pdb->info);
    struct span info = pdb->info.bytes;

    *ret_why = "has no memory to be read into";
    if (status)
        return status;
    *ret_why = "does not say who it is: its information stream is too short";
    if (!span_has(info, 0, INFO_HEADER_BYTES))
        return ST_TRUNCATED;
    *ret_why = "is of a kind from before GUIDs, which is not read";
    if (bytes_u32(info.data) < INFO_VERSION_VC70)
        return ST_UNSUPPORTED;
    pdb->identity.info_age = bytes_u32(info.data + 8);
    memcpy(pdb->identity.guid, info.data + 12, sizeof(pdb->identity.guid));
    read_stream_names(info, &pdb->stream_names);
    return ST_OK;
}

static void close_all(struct pdb *pdb)
{
    pdb_types_done(&pdb->types);
    pdb_addresses_done(&pdb->addresses);
    pdb_dbi_done(&pdb->dbi);
    msf_view_done(&pdb->strings);
    msf_view_done(&pdb->info);
    msf_close(pdb->msf);
}

/* Container, information stream, debug information stream: as far as the identity needs. */
static enum status open_identity(struct pdb *pdb, struct span bytes, const char **ret_why)
{
    enum status status = msf_open(&pdb->msf, bytes, ret_why);

    if (!status)
        status = read_info(pdb, ret_why);
    if (!status)
        status = pdb_dbi_open(&pdb->dbi, pdb->msf, ret_why);
    if (status)
        return status;
    pdb->identity.dbi_age = pdb->dbi.age;
    pdb->identity.machine = pdb->dbi.machine;
    return ST_OK;
}

enum status pdb_identify(struct span bytes, struct pdb_identity *ret, const char **ret_why)
{
    struct pdb pdb = {0};
    enum status status = open_identity(&pdb, bytes, ret_why);

    if (!status)
        *ret = pdb.identity;
    close_all(&pdb);
    return status;
}

static void put_property(struct pdb *pdb, const char *key, const char *value)
{
    symbol_builder_property(pdb->builder, key, value, strlen(value));
}

static enum status put_stream(struct pdb *pdb, const char *key, uint32_t stream)
{
    struct msf_view view;

    if (!msf_stream_size(pdb->msf, stream) || msf_stream_size(pdb->msf, stream) > MAX_SOURCE_TEXT_BYTES)
        return ST_OK;
    enum status status = msf_view_open(pdb->msf, stream, &view);
    if (!status) {
        symbol_builder_property(pdb->builder, key, (const char *)view.bytes.data, view.bytes.len);
        msf_view_done(&view);
    }
    return status;
}

static enum status put_properties(struct pdb *pdb)
{
    char debug_id[PE_DEBUG_ID_BYTES];

    pe_debug_id(pdb->identity.guid, pdb->identity.dbi_age, debug_id);
    put_property(pdb, SYMBOL_PROPERTY_SOURCE, "pdb");
    put_property(pdb, SYMBOL_PROPERTY_OS, "windows");
    put_property(pdb, SYMBOL_PROPERTY_CPU, pe_cpu_name(pdb->identity.machine));
    put_property(pdb, SYMBOL_PROPERTY_DEBUG_ID, debug_id);
    enum status status = put_stream(pdb, SYMBOL_PROPERTY_SOURCE_LINK, named_stream(pdb, "sourcelink", true));
    return status ? status : put_stream(pdb, SYMBOL_PROPERTY_SRCSRV, named_stream(pdb, "srcsrv", false));
}

static enum status read_parts(struct pdb *pdb)
{
    enum status status = msf_view_open(pdb->msf, named_stream(pdb, "/names", false), &pdb->strings);

    if (!status)
        status = pdb_addresses_open(&pdb->addresses, pdb->msf, &pdb->dbi);
    if (!status)
        status = pdb_types_open(&pdb->types, pdb->msf);
    if (!status)
        status = put_properties(pdb);
    if (!status)
        status = pdb_symbols_modules(pdb);
    if (!status)
        status = pdb_symbols_publics(pdb);
    if (!status)
        status = pdb_frames(pdb);
    return status;
}

enum status pdb_compile(struct span bytes, struct symbol_builder *builder, const char **ret_why)
{
    struct pdb pdb = {.builder = builder, .file_bytes = bytes.len, .budget = (uint64_t)bytes.len * PDB_BUDGET_PER_BYTE};
    enum status status = open_identity(&pdb, bytes, ret_why);

    if (!status) {
        *ret_why = "could not be read whole";
        status = read_parts(&pdb);
        if (!pdb.addresses.sections.bytes.len)
            symbol_builder_note(builder, "has no section headers, so nothing in it has an address");
        if (pdb.types.types.is_damaged || pdb.types.items.is_damaged)
            symbol_builder_note(builder, "has types or items that do not hold, so names of inlined functions may be missing");
        if (pdb.damaged)
            symbol_builder_note(builder, "has %u records that do not hold", (unsigned)pdb.damaged);
        if (!pdb.budget)
            symbol_builder_note(builder, "says more of lines and inlines than a file of its size can; the rest is left out");
        if (!status)
            status = symbol_builder_status(builder);
    }
    close_all(&pdb);
    return status;
}
