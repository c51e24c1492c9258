/* pdb_symbols.c - procedures with what belongs to them, from each module's stream, and the public labels of the whole image. */
#include "symbols/pdb_reader.h"
#include "symbols/pe.h"
#include <stdlib.h>

#define C13_SIGNATURE 4u

#define S_END             0x0006u
#define S_THUNK32         0x1102u
#define S_BLOCK32         0x1103u
#define S_WITH32          0x1104u
#define S_PUB32           0x110eu
#define S_LPROC32         0x110fu
#define S_GPROC32         0x1110u
#define S_SEPCODE         0x1132u
#define S_LPROC32_ID      0x1146u
#define S_GPROC32_ID      0x1147u
#define S_INLINESITE      0x114du
#define S_INLINESITE_END  0x114eu
#define S_PROC_ID_END     0x114fu
#define S_LPROC32_DPC     0x1155u
#define S_LPROC32_DPC_ID  0x1156u
#define S_INLINESITE2     0x115du
#define ADDRESS_MAP_START 28u /* of the stream of publics: {u32 bytes of hash, u32 bytes of address map, ...} */

struct record {
    uint16_t kind;
    struct span data; /* behind the kind */
};

/* A procedure, for the pieces of it that stand elsewhere. */
struct procedure {
    uint32_t linked, size, name;
};

/* Code that belongs to the procedure at parent. */
struct separated {
    uint32_t linked, size, parent;
};

struct module {
    struct pdb *pdb;
    struct span records;
    struct pdb_lines lines;
    struct procedure *procedures;
    struct separated *separated;
    size_t procedure_count, procedure_capacity, separated_count, separated_capacity;
};

/* The record at *at, which moves on; false at the end or where the records do not hold. */
static bool next_record(struct span records, uint64_t *at, struct record *ret)
{
    uint16_t size;

    if (!span_u16(records, *at, &size) || size < 2 || !span_u16(records, *at + 2, &ret->kind) ||
        !span_sub(records, *at + 4, size - 2u, &ret->data))
        return false;
    *at += 2 + (uint64_t)size;
    return true;
}

static bool is_procedure(uint16_t kind)
{
    return kind == S_GPROC32 || kind == S_LPROC32 || kind == S_GPROC32_ID || kind == S_LPROC32_ID || kind == S_LPROC32_DPC ||
           kind == S_LPROC32_DPC_ID;
}

static bool is_inline_site(uint16_t kind)
{
    return kind == S_INLINESITE || kind == S_INLINESITE2;
}

/* Makes room for one more element; false without memory. */
static bool grow(void **items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    size_t larger = *capacity ? *capacity * 2 : 64;
    void *more = realloc(*items, larger * size);
    if (!more)
        return false;
    *items = more;
    *capacity = larger;
    return true;
}

/* Gives the inline sites between at and the end of the scope to the builder's last function. Procedures do not nest, so the next one ends
 * the scope too. */
static void emit_inlines(struct module *module, uint32_t linked, uint64_t at)
{
    bool is_site[PDB_MAX_SCOPES];
    uint32_t scopes = 0, depth = 0;
    struct record record;

    while (next_record(module->records, &at, &record) && !is_procedure(record.kind) && pdb_spend(module->pdb)) {
        bool opens_site = is_inline_site(record.kind);
        if (opens_site || record.kind == S_BLOCK32 || record.kind == S_WITH32 || record.kind == S_THUNK32 || record.kind == S_SEPCODE) {
            uint32_t fixed = record.kind == S_INLINESITE2 ? 16 : 12;
            if (scopes == PDB_MAX_SCOPES)
                return;
            if (opens_site && record.data.len >= fixed && depth < SYMBOLS_MAX_INLINES)
                pdb_inline_emit(module->pdb, &module->lines, linked, depth, bytes_u32(record.data.data + 8),
                                (struct span){record.data.data + fixed, record.data.len - fixed});
            is_site[scopes++] = opens_site;
            depth += opens_site;
        } else if (record.kind == S_END || record.kind == S_INLINESITE_END || record.kind == S_PROC_ID_END) {
            if (!scopes)
                return;
            depth -= is_site[--scopes];
        }
    }
}

/* A range of linked code with its lines and inlines; at: where the records inside it start, 0 = it has none. */
static void emit_code(struct module *module, const struct procedure *procedure, uint64_t at)
{
    struct pdb_piece linked = {procedure->linked, procedure->size}, piece;

    while (pdb_piece_next(module->pdb, &linked, &piece)) {
        struct symbol_function function = {.rva = piece.rva, .size = piece.size, .name = procedure->name};
        symbol_builder_function(module->pdb->builder, &function);
        pdb_lines_emit(&module->lines, module->pdb, procedure->linked, procedure->size);
        if (at)
            emit_inlines(module, procedure->linked, at);
    }
}

static enum status keep_procedure(struct module *module, const struct procedure *procedure)
{
    void *items = module->procedures;

    if (!grow(&items, module->procedure_count, &module->procedure_capacity, sizeof(*procedure)))
        return ST_MEMORY;
    module->procedures = items;
    module->procedures[module->procedure_count++] = *procedure;
    return ST_OK;
}

/* {parent, end, next, size, debug start, debug end, type, offset: u32; section: u16; flags: u8; name} */
static enum status read_procedure(struct module *module, struct span data, uint64_t at)
{
    struct procedure procedure;
    struct span name;

    if (!pdb_text(data, 35, &name) ||
        !pdb_linked_rva(&module->pdb->addresses, bytes_u16(data.data + 32), bytes_u32(data.data + 28), &procedure.linked)) {
        module->pdb->damaged++;
        return ST_OK;
    }
    procedure.size = bytes_u32(data.data + 12);
    procedure.name = symbol_builder_text(module->pdb->builder, (const char *)name.data, name.len);
    emit_code(module, &procedure, at);
    return keep_procedure(module, &procedure);
}

/* {parent, end, next, offset: u32; section, size: u16; kind: u8; name} */
static void read_thunk(struct module *module, struct span data)
{
    struct procedure thunk;
    struct span name;

    if (!pdb_text(data, 21, &name) ||
        !pdb_linked_rva(&module->pdb->addresses, bytes_u16(data.data + 16), bytes_u32(data.data + 12), &thunk.linked)) {
        module->pdb->damaged++;
        return;
    }
    thunk.size = bytes_u16(data.data + 18);
    thunk.name = symbol_builder_text(module->pdb->builder, (const char *)name.data, name.len);
    emit_code(module, &thunk, 0);
}

/* {parent, end, size, flags, offset, offset of the parent: u32; section, section of the parent: u16} */
static enum status read_separated(struct module *module, struct span data)
{
    struct separated separated;
    void *items = module->separated;

    if (data.len < 28 ||
        !pdb_linked_rva(&module->pdb->addresses, bytes_u16(data.data + 24), bytes_u32(data.data + 16), &separated.linked) ||
        !pdb_linked_rva(&module->pdb->addresses, bytes_u16(data.data + 26), bytes_u32(data.data + 20), &separated.parent)) {
        module->pdb->damaged++;
        return ST_OK;
    }
    separated.size = bytes_u32(data.data + 8);
    if (!grow(&items, module->separated_count, &module->separated_capacity, sizeof(separated)))
        return ST_MEMORY;
    module->separated = items;
    module->separated[module->separated_count++] = separated;
    return ST_OK;
}

static int compare_procedures(const void *a, const void *b)
{
    const struct procedure *x = a, *y = b;

    return x->linked < y->linked ? -1 : x->linked > y->linked;
}

/* Once all procedures of the module are known. */
static void emit_separated(struct module *module)
{
    if (!module->separated_count || !module->procedure_count)
        return;
    qsort(module->procedures, module->procedure_count, sizeof(*module->procedures), compare_procedures);
    for (size_t i = 0; i < module->separated_count; i++) {
        const struct separated *separated = &module->separated[i];
        struct procedure key = {.linked = separated->parent};
        const struct procedure *parent = bsearch(&key, module->procedures, module->procedure_count, sizeof(key), compare_procedures);
        struct procedure part = {separated->linked, separated->size, parent ? parent->name : SYMBOL_TEXT_NONE};
        if (parent)
            emit_code(module, &part, 0);
    }
}

static enum status read_records(struct module *module)
{
    uint64_t at = 0;
    struct record record;
    enum status status = ST_OK;

    while (!status && next_record(module->records, &at, &record)) {
        if (is_procedure(record.kind))
            status = read_procedure(module, record.data, at);
        else if (record.kind == S_THUNK32)
            read_thunk(module, record.data);
        else if (record.kind == S_SEPCODE)
            status = read_separated(module, record.data);
        if (!status)
            status = symbol_builder_status(module->pdb->builder);
    }
    if (!status && at < module->records.len)
        module->pdb->damaged++;
    if (!status)
        emit_separated(module);
    return status;
}

/* A module's stream: signature, symbols, lines of the old kind (which nothing writes any more), C13 information. */
static enum status read_module(struct pdb *pdb, const struct pdb_module *header, struct span stream)
{
    struct module module = {.pdb = pdb};
    struct span c13 = {stream.data, 0};
    uint32_t signature;
    enum status status;

    if (!span_u32(stream, 0, &signature) || signature != C13_SIGNATURE || header->symbol_bytes < 4 ||
        !span_sub(stream, 4, header->symbol_bytes - 4u, &module.records)) {
        pdb->damaged++;
        return ST_OK;
    }
    if (!span_sub(stream, (uint64_t)header->symbol_bytes + header->c11_bytes, header->c13_bytes, &c13))
        pdb->damaged++;
    status = pdb_lines_open(&module.lines, pdb, c13);
    if (!status)
        status = read_records(&module);
    pdb_lines_done(&module.lines);
    free(module.procedures);
    free(module.separated);
    return status;
}

enum status pdb_symbols_modules(struct pdb *pdb)
{
    struct pdb_module header;
    struct msf_view view;
    size_t offset = 0;
    uint64_t left = pdb->file_bytes; /* each stream belongs to one module, so together they are smaller than the file */
    enum status status = ST_OK;

    while (!status && pdb_module_next(&pdb->dbi, &offset, &header)) {
        uint32_t size = msf_stream_size(pdb->msf, header.stream);
        if (header.stream == MSF_NO_STREAM || !header.symbol_bytes)
            continue;
        if (size > left) {
            symbol_builder_note(pdb->builder, "names one stream for several modules; later ones are left out");
            break;
        }
        left -= size;
        status = msf_view_open(pdb->msf, header.stream, &view);
        if (!status) {
            status = read_module(pdb, &header, view.bytes);
            msf_view_done(&view);
        }
    }
    if (!status && offset < pdb->dbi.modules.len)
        pdb->damaged++;
    return status;
}

/* {flags, offset: u32; section: u16; name}; data and constants are no labels of code. */
static void read_public(struct pdb *pdb, struct span data)
{
    struct pdb_piece linked, piece;
    struct span name;
    uint32_t parameter_bytes;

    if (!pdb_text(data, 10, &name)) {
        pdb->damaged++;
        return;
    }
    uint16_t section = bytes_u16(data.data + 8);
    if (!pdb_is_code(&pdb->addresses, section))
        return;
    linked.size = 1;
    if (!pdb_linked_rva(&pdb->addresses, section, bytes_u32(data.data + 4), &linked.rva)) {
        pdb->damaged++;
        return;
    }
    name = pe_plain_name(pdb->identity.machine, name, &parameter_bytes);
    if (name.len && pdb_spend(pdb) && pdb_piece_next(pdb, &linked, &piece))
        symbol_builder_public(pdb->builder, piece.rva, symbol_builder_text(pdb->builder, (const char *)name.data, name.len),
                              parameter_bytes, false);
}

/* The address map of the stream of publics: offsets of the records that count. Incremental linking leaves dead ones behind. */
static bool address_map(struct pdb *pdb, struct span publics, struct span *ret)
{
    uint32_t hash_bytes, map_bytes;

    return span_u32(publics, 0, &hash_bytes) && span_u32(publics, 4, &map_bytes) &&
           span_sub(publics, ADDRESS_MAP_START + (uint64_t)hash_bytes, map_bytes, ret) && ret->len >= 4 &&
           pdb->dbi.public_stream != MSF_NO_STREAM;
}

static void read_publics(struct pdb *pdb, struct span records, struct span publics)
{
    struct record record;
    struct span map;
    uint64_t at = 0;

    if (!address_map(pdb, publics, &map)) {
        while (next_record(records, &at, &record))
            if (record.kind == S_PUB32)
                read_public(pdb, record.data);
        return;
    }
    for (size_t i = 0; i + 4 <= map.len; i += 4) {
        at = bytes_u32(map.data + i);
        if (next_record(records, &at, &record) && record.kind == S_PUB32)
            read_public(pdb, record.data);
        else
            pdb->damaged++;
    }
}

enum status pdb_symbols_publics(struct pdb *pdb)
{
    struct msf_view records, publics = {{NULL, 0}, NULL};
    enum status status = msf_view_open(pdb->msf, pdb->dbi.record_stream, &records);

    if (status)
        return status;
    status = msf_view_open(pdb->msf, pdb->dbi.public_stream, &publics);
    if (!status)
        read_publics(pdb, records.bytes, publics.bytes);
    msf_view_done(&publics);
    msf_view_done(&records);
    return status;
}
