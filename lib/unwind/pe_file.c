/* pe_file.c - a PE file's bytes, found by the address they get in memory. */
#include "unwind/pe.h"
#include <string.h>

#define SECTION_BYTES 40u

/* The piece of the file that holds rva; size_bytes is what the file has of it. */
static const struct pe_section *section_at(const struct pe_file *file, uint32_t rva)
{
    for (size_t i = 0; i < file->section_count; i++)
        if (rva >= file->sections[i].rva && rva - file->sections[i].rva < file->sections[i].size_bytes)
            return &file->sections[i];
    return NULL;
}

static bool file_read(const void *context, uint32_t rva, void *ret, size_t size)
{
    const struct pe_file *file = context;
    const struct pe_section *section = section_at(file, rva);
    uint64_t offset = rva;
    struct span bytes;

    if (section) {
        if (size > section->size_bytes - (rva - section->rva))
            return false;
        offset = (uint64_t)section->offset + (rva - section->rva);
    } else if (rva >= file->header_bytes || size > file->header_bytes - rva) {
        return false;
    }
    if (!span_sub(file->bytes, offset, size, &bytes))
        return false;
    memcpy(ret, bytes.data, size);
    return true;
}

static bool sections_read(struct pe_file *file)
{
    uint32_t nt;
    uint16_t count, optional;
    uint64_t at;

    if (!span_u32(file->bytes, 60, &nt) || !span_u16(file->bytes, (uint64_t)nt + 6, &count) ||
        !span_u16(file->bytes, (uint64_t)nt + 20, &optional) || count > PE_MAX_SECTIONS)
        return false;
    at = (uint64_t)nt + 24 + optional;
    if (!span_has(file->bytes, at, (uint64_t)count * SECTION_BYTES))
        return false;
    for (size_t i = 0; i < count; i++, at += SECTION_BYTES) {
        const uint8_t *header = file->bytes.data + (size_t)at;
        uint32_t virtual_bytes = bytes_u32(header + 8), raw_bytes = bytes_u32(header + 16);

        file->sections[i].rva = bytes_u32(header + 12);
        file->sections[i].size_bytes = virtual_bytes && virtual_bytes < raw_bytes ? virtual_bytes : raw_bytes;
        file->sections[i].offset = bytes_u32(header + 20);
    }
    file->section_count = count;
    return true;
}

bool pe_file_open(struct pe_file *ret, struct span bytes)
{
    memset(ret, 0, sizeof(*ret));
    ret->bytes = bytes;
    ret->header_bytes = bytes.len < UINT32_MAX ? (uint32_t)bytes.len : UINT32_MAX; /* until the sections say where it ends */
    if (!pe_image_open(&ret->image, file_read, ret) || !sections_read(ret))
        return false;
    for (size_t i = 0; i < ret->section_count; i++)
        if (ret->sections[i].rva < ret->header_bytes)
            ret->header_bytes = ret->sections[i].rva;
    return true;
}
