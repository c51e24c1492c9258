/* pe_exports.c - the names that an image exports. Three tables belong together: names, for each name the index of its address, addresses.
 */
#include "symbols/pe.h"

#define DIRECTORY_EXPORT        0u
#define EXPORT_BYTES            40u
#define EXPORT_ADDRESSES        20u
#define EXPORT_NAMES            24u
#define PE_MAX_PARAMETER_DIGITS 5u

bool pe_exports_open(const struct pe *pe, struct pe_exports *ret)
{
    struct pe_exports exports = {.pe = pe, .name_bytes_left = pe->bytes.len};
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
    while (exports->index < exports->count) {
        bool holds = read_export(exports, exports->index++, ret);
        uint64_t cost = holds ? ret->name.len : PE_MAX_NAME_BYTES;
        if (cost > exports->name_bytes_left)
            return false;
        exports->name_bytes_left -= cost;
        if (holds)
            return true;
    }
    return false;
}

/* The number behind the last '@'; false when that is not how the name ends. */
static bool split_parameters(struct span name, size_t *ret_len, uint32_t *ret_bytes)
{
    uint32_t bytes = 0;
    size_t at = name.len;

    while (at > 0 && name.data[at - 1] >= '0' && name.data[at - 1] <= '9' && name.len - at < PE_MAX_PARAMETER_DIGITS)
        at--;
    if (at < 2 || at == name.len || name.data[at - 1] != '@')
        return false;
    for (size_t i = at; i < name.len; i++)
        bytes = bytes * 10 + (uint32_t)(name.data[i] - '0');
    *ret_len = at - 1;
    *ret_bytes = bytes;
    return true;
}

struct span pe_plain_name(uint16_t machine, struct span name, uint32_t *ret_parameter_bytes)
{
    *ret_parameter_bytes = 0;
    if (machine != PE_MACHINE_X86 || !name.len || name.data[0] == '?')
        return name;
    bool is_fast = name.data[0] == '@';
    if (split_parameters(name, &name.len, ret_parameter_bytes) && is_fast) /* two of them travel in registers */
        *ret_parameter_bytes = *ret_parameter_bytes > 8 ? *ret_parameter_bytes - 8 : 0;
    if (name.len > 1 && name.data[name.len - 1] == '@')
        name.len--;
    if (name.len > 1 && (name.data[0] == '_' || name.data[0] == '@'))
        name = (struct span){name.data + 1, name.len - 1};
    return name;
}
