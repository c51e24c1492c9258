/* pe_exports.c - the names that an image exports. Three tables belong together: names, for each name the index of its address, addresses.
 */
#include "symbols/pe.h"

#define DIRECTORY_EXPORT 0u
#define EXPORT_BYTES     40u
#define EXPORT_ADDRESSES 20u
#define EXPORT_NAMES     24u

bool pe_exports_open(const struct pe *pe, struct pe_exports *ret)
{
    struct pe_exports exports = {.pe = pe};
    struct span header;
    uint32_t address_count;

    if (!span_u32(pe->directories, (uint64_t)DIRECTORY_EXPORT * 8, &exports.directory_rva) ||
        !span_u32(pe->directories, (uint64_t)DIRECTORY_EXPORT * 8 + 4, &exports.directory_size) || !exports.directory_rva ||
        !pe_bytes(pe, exports.directory_rva, EXPORT_BYTES, &header))
        return false;
    address_count = bytes_u32(header.data + EXPORT_ADDRESSES);
    exports.count = bytes_u32(header.data + EXPORT_NAMES);
    if (!exports.count || exports.count > PE_MAX_EXPORTS || address_count > PE_MAX_EXPORTS ||
        !pe_bytes(pe, bytes_u32(header.data + 28), address_count * 4, &exports.addresses) ||
        !pe_bytes(pe, bytes_u32(header.data + 32), exports.count * 4, &exports.names) ||
        !pe_bytes(pe, bytes_u32(header.data + 36), exports.count * 2, &exports.ordinals))
        return false;
    *ret = exports;
    return true;
}

/* An address inside the directory itself is no code but the text of a forwarder. */
static bool read_export(const struct pe_exports *exports, uint32_t index, struct pe_export *ret)
{
    uint32_t name = 0, rva = 0;
    uint16_t ordinal = 0;

    if (!span_u32(exports->names, (uint64_t)index * 4, &name) || !span_u16(exports->ordinals, (uint64_t)index * 2, &ordinal) ||
        !span_u32(exports->addresses, (uint64_t)ordinal * 4, &rva) || !rva || !pe_text(exports->pe, name, &ret->name) || !ret->name.len)
        return false;
    ret->rva = rva;
    ret->forward_to = (struct span){ret->name.data, 0};
    if (rva >= exports->directory_rva && rva - exports->directory_rva < exports->directory_size) {
        ret->rva = 0;
        return pe_text(exports->pe, rva, &ret->forward_to);
    }
    return true;
}

bool pe_exports_next(struct pe_exports *exports, struct pe_export *ret)
{
    while (exports->index < exports->count)
        if (read_export(exports, exports->index++, ret))
            return true;
    return false;
}
