/* pdb_types.c - the names of inlined functions: items (IPI) name a function and its scope, whose class stands among the types (TPI). */
#include "symbols/pdb_reader.h"
#include <stdlib.h>
#include <string.h>

#define TYPE_STREAM  2u
#define ITEM_STREAM  4u
#define HEADER_BYTES 56u
#define FIRST_NUMBER 0x1000u /* smaller ones are built-in types */

#define LF_FUNC_ID   0x1601u
#define LF_MFUNC_ID  0x1602u
#define LF_STRING_ID 0x1605u

#define LF_CLASS      0x1504u
#define LF_STRUCTURE  0x1505u
#define LF_UNION      0x1506u
#define LF_ENUM       0x1507u
#define LF_INTERFACE  0x1519u
#define LF_CLASS2     0x1608u
#define LF_STRUCTURE2 0x1609u
#define LF_UNION2     0x160au
#define LF_INTERFACE2 0x160bu

#define NUMBER_LEAF 0x8000u /* a 16-bit value from here on says which kind of number follows */

/* Finds where each record starts. A record that does not hold ends the list; what stands before it is kept. */
static enum status index_records(struct pdb_type_stream *stream)
{
    struct span bytes = stream->view.bytes;
    uint32_t header, first, end, record_bytes, count;
    uint64_t at;
    uint16_t size;

    if (!span_u32(bytes, 4, &header) || !span_u32(bytes, 8, &first) || !span_u32(bytes, 12, &end) || !span_u32(bytes, 16, &record_bytes) ||
        header < HEADER_BYTES || first < FIRST_NUMBER || end < first) {
        stream->is_damaged = bytes.len > 0;
        return ST_OK;
    }
    count = end - first;
    if (count > bytes.len / 4)
        count = (uint32_t)(bytes.len / 4);
    stream->offsets = malloc(count ? count * sizeof(*stream->offsets) : 1);
    if (!stream->offsets)
        return ST_MEMORY;
    stream->first = first;
    at = header;
    while (stream->count < count && span_u16(bytes, at, &size) && size >= 2 && span_has(bytes, at + 2, size)) {
        stream->offsets[stream->count++] = (uint32_t)at;
        at += 2 + (uint64_t)size;
    }
    stream->is_damaged = stream->count < end - first;
    return ST_OK;
}

static enum status open_stream(struct pdb_type_stream *ret, const struct msf *msf, uint32_t stream)
{
    enum status status = msf_view_open(msf, stream, &ret->view);

    return status ? status : index_records(ret);
}

enum status pdb_types_open(struct pdb_types *ret, const struct msf *msf)
{
    enum status status = open_stream(&ret->types, msf, TYPE_STREAM);

    if (!status)
        status = open_stream(&ret->items, msf, ITEM_STREAM);
    if (status)
        return status;
    ret->names = calloc(ret->items.count ? ret->items.count : 1, sizeof(*ret->names));
    return ret->names ? ST_OK : ST_MEMORY;
}

static void close_stream(struct pdb_type_stream *stream)
{
    msf_view_done(&stream->view);
    free(stream->offsets);
    stream->offsets = NULL;
}

void pdb_types_done(struct pdb_types *types)
{
    close_stream(&types->types);
    close_stream(&types->items);
    free(types->names);
    types->names = NULL;
}

/* A record's kind, and what stands behind it. */
static bool record_at(const struct pdb_type_stream *stream, uint32_t number, uint16_t *ret_kind, struct span *ret)
{
    if (number < stream->first || number - stream->first >= stream->count)
        return false;
    uint64_t at = stream->offsets[number - stream->first];
    uint16_t size = bytes_u16(stream->view.bytes.data + at);
    *ret_kind = bytes_u16(stream->view.bytes.data + at + 2);
    return span_sub(stream->view.bytes, at + 4, size - 2u, ret);
}

/* Bytes of a number as type records hold them (their kind says how long), or 0 for an unknown kind. */
static uint32_t number_bytes(struct span record, uint32_t at)
{
    static const uint8_t sizes[] = {1, 2, 2, 4, 4, 4, 8, 10, 16, 8, 8}; /* char short ushort long ulong float double ... quad uquad */
    uint16_t leaf;

    if (!span_u16(record, at, &leaf))
        return 0;
    if (leaf < NUMBER_LEAF)
        return 2;
    return leaf - NUMBER_LEAF < sizeof(sizes) ? 2u + sizes[leaf - NUMBER_LEAF] : 0;
}

/* Where the name of a class, structure, union or enumeration starts; 0 when the record is none of them. */
static uint32_t type_name_offset(uint16_t kind, struct span record)
{
    uint32_t at, number;

    switch (kind) {
    case LF_CLASS:
    case LF_STRUCTURE:
    case LF_INTERFACE:
    case LF_CLASS2:
    case LF_STRUCTURE2:
    case LF_INTERFACE2:
        at = 16; /* count and properties, fields, derived, shape; then the size */
        break;
    case LF_UNION:
    case LF_UNION2:
        at = 8; /* count and properties, fields; then the size */
        break;
    case LF_ENUM:
        return 12;
    default:
        return 0;
    }
    number = number_bytes(record, at);
    return number ? at + number : 0;
}

static bool type_name(const struct pdb_types *types, uint32_t type, struct span *ret)
{
    uint16_t kind;
    struct span record;

    if (!record_at(&types->types, type, &kind, &record))
        return false;
    uint32_t at = type_name_offset(kind, record);
    return at && pdb_text(record, at, ret);
}

/* A scope is a string: a namespace, or the function that holds a local class. */
static bool scope_name(const struct pdb_types *types, uint32_t item, struct span *ret)
{
    uint16_t kind;
    struct span record;

    return record_at(&types->items, item, &kind, &record) && kind == LF_STRING_ID && pdb_text(record, 4, ret);
}

static uint32_t joined_text(struct symbol_builder *builder, struct span scope, struct span name)
{
    char text[4096];

    if (!scope.len || scope.len + 2 + name.len > sizeof(text))
        return symbol_builder_text(builder, (const char *)name.data, name.len);
    memcpy(text, scope.data, scope.len);
    memcpy(text + scope.len, "::", 2);
    memcpy(text + scope.len + 2, name.data, name.len);
    return symbol_builder_text(builder, text, scope.len + 2 + name.len);
}

static uint32_t make_name(struct pdb *pdb, uint32_t item)
{
    struct span record, name, scope = {NULL, 0};
    uint32_t parent;
    uint16_t kind;

    if (!record_at(&pdb->types.items, item, &kind, &record) || !span_u32(record, 0, &parent) || !pdb_text(record, 8, &name))
        return SYMBOL_TEXT_NONE;
    if (kind == LF_MFUNC_ID)
        (void)type_name(&pdb->types, parent, &scope);
    else if (kind == LF_FUNC_ID)
        (void)scope_name(&pdb->types, parent, &scope);
    else
        return SYMBOL_TEXT_NONE;
    return joined_text(pdb->builder, scope, name);
}

uint32_t pdb_item_name(struct pdb *pdb, uint32_t item)
{
    struct pdb_types *types = &pdb->types;

    if (item < types->items.first || item - types->items.first >= types->items.count)
        return SYMBOL_TEXT_NONE;
    uint32_t *kept = &types->names[item - types->items.first];
    if (!*kept)
        *kept = make_name(pdb, item) + 1;
    return *kept - 1;
}
