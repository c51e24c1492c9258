/* pdb_address.c - section headers and OMAP. Tools that reorder an image after linking leave a sorted table: from each linked address on,
 * code stands at the other address, or nowhere (0). */
#include "symbols/pdb_reader.h"
#include "symbols/pe.h"

#define OMAP_ROW 8u /* {u32 linked, u32 runs} */

enum status pdb_addresses_open(struct pdb_addresses *ret, const struct msf *msf, const struct pdb_dbi *dbi)
{
    bool is_moved = msf_stream_size(msf, dbi->omap_stream) >= OMAP_ROW && msf_stream_size(msf, dbi->original_section_stream) > 0;
    enum status status = msf_view_open(msf, is_moved ? dbi->original_section_stream : dbi->section_stream, &ret->sections);

    if (!status && is_moved)
        status = msf_view_open(msf, dbi->omap_stream, &ret->omap);
    return status;
}

void pdb_addresses_done(struct pdb_addresses *addresses)
{
    msf_view_done(&addresses->omap);
    msf_view_done(&addresses->sections);
}

static bool section_of(const struct pdb_addresses *addresses, uint16_t section, struct pe_section *ret)
{
    return section > 0 && pe_section_at(addresses->sections.bytes, section - 1u, ret);
}

bool pdb_linked_rva(const struct pdb_addresses *addresses, uint16_t section, uint32_t offset, uint32_t *ret)
{
    struct pe_section header;

    if (!section_of(addresses, section, &header) || offset > header.size || offset > UINT32_MAX - header.rva)
        return false;
    *ret = header.rva + offset;
    return true;
}

bool pdb_is_code(const struct pdb_addresses *addresses, uint16_t section)
{
    struct pe_section header;

    return section_of(addresses, section, &header) && (header.characteristics & PE_SECTION_EXECUTABLE);
}

/* How many rows of the table start at or before rva. */
static size_t omap_rows_until(struct span omap, uint32_t rva)
{
    size_t low = 0, high = omap.len / OMAP_ROW;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (bytes_u32(omap.data + middle * OMAP_ROW) <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void cut_front(struct pdb_piece *piece, uint32_t size)
{
    piece->rva += size;
    piece->size -= size;
}

/* Cuts at the next row and says where that part runs; 0 = nowhere. */
static uint32_t cut_row(struct span omap, size_t row, struct pdb_piece *linked, uint32_t *ret_size)
{
    uint32_t size = linked->size, at = 0;

    if (row < omap.len / OMAP_ROW) {
        uint32_t next = bytes_u32(omap.data + row * OMAP_ROW);
        if (next > linked->rva && next - linked->rva < size)
            size = next - linked->rva;
    }
    if (row > 0) {
        uint32_t to = bytes_u32(omap.data + (row - 1) * OMAP_ROW + 4);
        uint32_t inside = linked->rva - bytes_u32(omap.data + (row - 1) * OMAP_ROW);
        at = to && inside <= UINT32_MAX - to ? to + inside : 0;
    }
    cut_front(linked, size);
    *ret_size = size;
    return at;
}

bool pdb_piece_next(struct pdb *pdb, struct pdb_piece *linked, struct pdb_piece *ret)
{
    struct span omap = pdb->addresses.omap.bytes;
    struct pdb_piece piece = {0};

    if (!omap.len) {
        *ret = *linked;
        cut_front(linked, linked->size);
        return ret->size > 0;
    }
    while (linked->size > 0 && pdb_spend(pdb)) {
        struct pdb_piece rest = *linked;
        uint32_t size, at = cut_row(omap, omap_rows_until(omap, rest.rva), &rest, &size);
        if (piece.size > 0 && at != piece.rva + piece.size)
            break;
        *linked = rest;
        if (at) {
            piece.rva = piece.size ? piece.rva : at;
            piece.size += size;
        }
    }
    *ret = piece;
    return piece.size > 0;
}
