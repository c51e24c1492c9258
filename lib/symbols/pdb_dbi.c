/* pdb_dbi.c - the debug information stream: age, machine, which streams hold what, the list of modules. */
#include "symbols/pdb_reader.h"

#define DBI_STREAM          3u
#define DBI_HEADER_BYTES    64u
#define DBI_SIGNATURE       0xffffffffu
#define DBI_SUBSTREAMS      7u
#define MODULE_HEADER_BYTES 64u

/* Rows of the optional debug header: 16-bit stream numbers. */
enum { DEBUG_FPO = 0, DEBUG_OMAP_FROM_SOURCE = 4, DEBUG_SECTIONS = 5, DEBUG_FRAMES = 9, DEBUG_ORIGINAL_SECTIONS = 10 };

static uint16_t debug_stream(struct span header, uint32_t row)
{
    uint16_t stream;

    return span_u16(header, 2 * (uint64_t)row, &stream) ? stream : MSF_NO_STREAM;
}

/* The substreams follow the header in the order of this table; each size stands in the header. */
static bool read_substreams(struct pdb_dbi *dbi, struct span dbi_bytes, struct span *ret_debug)
{
    /* modules, section contributions, section map, sources, type servers, edit-and-continue names, debug header */
    static const uint8_t size_offsets[DBI_SUBSTREAMS] = {24, 28, 32, 36, 40, 52, 48};
    uint64_t at = DBI_HEADER_BYTES;
    bool holds = true;

    *ret_debug = (struct span){dbi_bytes.data, 0};
    for (size_t i = 0; i < DBI_SUBSTREAMS && holds; i++) {
        uint32_t size = bytes_u32(dbi_bytes.data + size_offsets[i]);
        struct span part;
        holds = span_sub(dbi_bytes, at, size, &part);
        if (holds && i == 0)
            dbi->modules = part;
        if (holds && i == DBI_SUBSTREAMS - 1)
            *ret_debug = part;
        at += size;
    }
    return holds;
}

enum status pdb_dbi_open(struct pdb_dbi *ret, const struct msf *msf, const char **ret_why)
{
    struct span bytes, debug;

    *ret_why = "has no stream of debug information";
    if (!msf_stream_size(msf, DBI_STREAM))
        return ST_NOT_FOUND;
    *ret_why = "has no memory to be read into";
    enum status status = msf_view_open(msf, DBI_STREAM, &ret->view);
    if (status)
        return status;
    bytes = ret->view.bytes;
    *ret_why = "ends inside the header of its debug information";
    if (!span_has(bytes, 0, DBI_HEADER_BYTES))
        return ST_TRUNCATED;
    *ret_why = "has debug information of an old kind, which is not read";
    if (bytes_u32(bytes.data) != DBI_SIGNATURE)
        return ST_UNSUPPORTED;
    ret->age = bytes_u32(bytes.data + 8);
    ret->public_stream = bytes_u16(bytes.data + 16);
    ret->record_stream = bytes_u16(bytes.data + 20);
    ret->machine = bytes_u16(bytes.data + 58);
    *ret_why = "has debug information whose parts are longer than it is";
    if (!read_substreams(ret, bytes, &debug))
        return ST_FORMAT;
    ret->fpo_stream = debug_stream(debug, DEBUG_FPO);
    ret->frame_stream = debug_stream(debug, DEBUG_FRAMES);
    ret->omap_stream = debug_stream(debug, DEBUG_OMAP_FROM_SOURCE);
    ret->section_stream = debug_stream(debug, DEBUG_SECTIONS);
    ret->original_section_stream = debug_stream(debug, DEBUG_ORIGINAL_SECTIONS);
    return ST_OK;
}

void pdb_dbi_done(struct pdb_dbi *dbi)
{
    msf_view_done(&dbi->view);
}

bool pdb_module_next(const struct pdb_dbi *dbi, size_t *offset, struct pdb_module *ret)
{
    struct span header, object;

    if (!span_sub(dbi->modules, *offset, MODULE_HEADER_BYTES, &header))
        return false;
    ret->stream = bytes_u16(header.data + 34);
    ret->symbol_bytes = bytes_u32(header.data + 36);
    ret->c11_bytes = bytes_u32(header.data + 40);
    ret->c13_bytes = bytes_u32(header.data + 44);
    if (!pdb_text(dbi->modules, (uint64_t)*offset + MODULE_HEADER_BYTES, &ret->name) ||
        !pdb_text(dbi->modules, (uint64_t)*offset + MODULE_HEADER_BYTES + ret->name.len + 1, &object))
        return false;
    size_t end = *offset + MODULE_HEADER_BYTES + ret->name.len + 1 + object.len + 1;
    *offset = (end + 3) & ~(size_t)3;
    return true;
}
