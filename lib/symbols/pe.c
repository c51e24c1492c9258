/* pe.c - the headers of an image, where its bytes stand, and who it is. */
#include "symbols/pe.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DOS_MAGIC          0x5a4du
#define DOS_OFFSET_HEADERS 0x3cu
#define NT_MAGIC           0x4550u
#define FILE_HEADER_BYTES  20u
#define OPTIONAL_PE32      0x10bu
#define OPTIONAL_PE32_PLUS 0x20bu

#define DIRECTORY_ROW       8u
#define DIRECTORY_EXCEPTION 3u
#define DIRECTORY_DEBUG     6u

#define DEBUG_ROW           28u
#define DEBUG_TYPE_CODEVIEW 2u
#define RSDS_MAGIC          0x53445352u
#define RSDS_BYTES          24u

#define X64_EXCEPTION_ROW   12u
#define ARM64_EXCEPTION_ROW 8u

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* As many whole rows at offset as there are bytes for, at most count. */
static struct span rows_at(struct span bytes, uint64_t offset, uint32_t count, uint32_t row_bytes)
{
    struct span rows = {bytes.data, 0};
    uint64_t left = offset <= bytes.len ? bytes.len - offset : 0;
    uint64_t whole = left / row_bytes;

    if (whole > count)
        whole = count;
    span_sub(bytes, offset, whole * row_bytes, &rows);
    return rows;
}

/* The optional header, whose two kinds differ in where the fields stand; ST_OK once all of them were there. */
static enum status read_optional(struct pe *pe, struct span header)
{
    uint16_t magic;
    uint32_t count, base;

    if (!span_u16(header, 0, &magic))
        return ST_TRUNCATED;
    if (magic != OPTIONAL_PE32 && magic != OPTIONAL_PE32_PLUS)
        return ST_UNSUPPORTED;
    pe->is_64 = magic == OPTIONAL_PE32_PLUS;
    if (!span_u32(header, 16, &pe->entry_point) || !span_u32(header, 56, &pe->size_of_image) || !span_u32(header, 60, &pe->size_of_headers))
        return ST_TRUNCATED;
    if (pe->is_64 && !span_u64(header, 24, &pe->image_base))
        return ST_TRUNCATED;
    if (!pe->is_64) {
        if (!span_u32(header, 28, &base))
            return ST_TRUNCATED;
        pe->image_base = base;
    }
    if (!span_u32(header, pe->is_64 ? 108 : 92, &count))
        return ST_TRUNCATED;
    pe->directories = rows_at(header, pe->is_64 ? 112 : 96, smaller(count, PE_MAX_DIRECTORIES), DIRECTORY_ROW);
    return ST_OK;
}

enum status pe_open(struct pe *ret, struct span bytes, bool is_loaded)
{
    struct pe pe = {.bytes = bytes, .is_loaded = is_loaded};
    struct span optional;
    uint16_t dos, section_count, optional_bytes;
    uint32_t headers, magic;

    if (!span_u16(bytes, 0, &dos))
        return ST_TRUNCATED;
    if (dos != DOS_MAGIC)
        return ST_FORMAT;
    if (!span_u32(bytes, DOS_OFFSET_HEADERS, &headers) || !span_u32(bytes, headers, &magic))
        return ST_TRUNCATED;
    if (magic != NT_MAGIC)
        return ST_FORMAT;
    uint64_t at = (uint64_t)headers + 4;
    if (!span_u16(bytes, at, &pe.machine) || !span_u16(bytes, at + 2, &section_count) || !span_u32(bytes, at + 4, &pe.timestamp) ||
        !span_u16(bytes, at + 16, &optional_bytes) || !span_sub(bytes, at + FILE_HEADER_BYTES, optional_bytes, &optional))
        return ST_TRUNCATED;
    enum status status = read_optional(&pe, optional);
    if (status)
        return status;
    pe.sections = rows_at(bytes, at + FILE_HEADER_BYTES + optional_bytes, smaller(section_count, PE_MAX_SECTIONS), PE_SECTION_ROW);
    pe.section_count = (uint32_t)(pe.sections.len / PE_SECTION_ROW);
    *ret = pe;
    return ST_OK;
}

bool pe_section_at(struct span rows, uint32_t index, struct pe_section *ret)
{
    struct span row;

    if (!span_sub(rows, (uint64_t)index * PE_SECTION_ROW, PE_SECTION_ROW, &row))
        return false;
    memcpy(ret->name, row.data, 8);
    ret->name[8] = 0;
    ret->size = bytes_u32(row.data + 8);
    ret->rva = bytes_u32(row.data + 12);
    ret->file_bytes = bytes_u32(row.data + 16);
    ret->file_offset = bytes_u32(row.data + 20);
    ret->characteristics = bytes_u32(row.data + 36);
    if (!ret->size) /* some linkers leave it out */
        ret->size = ret->file_bytes;
    return true;
}

/* In a file: the piece of the section's raw bytes that is also in memory. */
static bool section_bytes(const struct pe *pe, const struct pe_section *section, uint32_t rva, struct span *ret)
{
    uint32_t present = smaller(section->size, section->file_bytes), inside = rva - section->rva;

    if (rva < section->rva || inside >= present || section->file_offset > pe->bytes.len)
        return false;
    uint64_t left = pe->bytes.len - section->file_offset;
    uint64_t end = present < left ? present : left;
    return inside < end && span_sub(pe->bytes, (uint64_t)section->file_offset + inside, end - inside, ret);
}

bool pe_bytes_from(const struct pe *pe, uint32_t rva, struct span *ret)
{
    struct pe_section section;
    uint64_t end = pe->bytes.len;

    if (pe->is_loaded) {
        if (pe->size_of_image < end)
            end = pe->size_of_image;
        return rva < end && span_sub(pe->bytes, rva, end - rva, ret);
    }
    for (uint32_t i = 0; pe_section_at(pe->sections, i, &section); i++)
        if (section_bytes(pe, &section, rva, ret))
            return true;
    if (pe->size_of_headers < end)
        end = pe->size_of_headers;
    return rva < end && span_sub(pe->bytes, rva, end - rva, ret);
}

bool pe_bytes(const struct pe *pe, uint32_t rva, uint32_t size, struct span *ret)
{
    struct span from;

    return pe_bytes_from(pe, rva, &from) && span_sub(from, 0, size, ret);
}

bool pe_text(const struct pe *pe, uint32_t rva, struct span *ret)
{
    struct span from;

    if (!pe_bytes_from(pe, rva, &from))
        return false;
    if (from.len > PE_MAX_NAME_BYTES)
        from.len = PE_MAX_NAME_BYTES;
    const uint8_t *end = memchr(from.data, 0, from.len);
    if (!end)
        return false;
    *ret = (struct span){from.data, (size_t)(end - from.data)};
    return true;
}

/* A directory's place; false when it is missing or empty. */
static bool directory_at(const struct pe *pe, uint32_t index, uint32_t *ret_rva, uint32_t *ret_size)
{
    uint32_t rva, size;

    if (!span_u32(pe->directories, (uint64_t)index * DIRECTORY_ROW, &rva) ||
        !span_u32(pe->directories, (uint64_t)index * DIRECTORY_ROW + 4, &size) || !rva || !size)
        return false;
    *ret_rva = rva;
    *ret_size = size;
    return true;
}

void pe_code_id(const struct pe *pe, char ret[PE_CODE_ID_BYTES])
{
    snprintf(ret, PE_CODE_ID_BYTES, "%08" PRIX32 "%" PRIx32, pe->timestamp, pe->size_of_image);
}

const char *pe_cpu_name(uint16_t machine)
{
    switch (machine) {
    case PE_MACHINE_X86:
        return "x86";
    case PE_MACHINE_X64:
        return "x86_64";
    case PE_MACHINE_ARM64:
        return "arm64";
    default:
        return "";
    }
}

void pe_debug_id(const uint8_t guid[16], uint32_t age, char ret[PE_DEBUG_ID_BYTES])
{
    snprintf(ret, PE_DEBUG_ID_BYTES, "%08" PRIX32 "%04X%04X%02X%02X%02X%02X%02X%02X%02X%02X%" PRIx32, bytes_u32(guid), bytes_u16(guid + 4),
             bytes_u16(guid + 6), guid[8], guid[9], guid[10], guid[11], guid[12], guid[13], guid[14], guid[15], age);
}

/* The record of one debug row: by address in memory; in a file by offset, since it need not lie in a section. */
static bool debug_record(const struct pe *pe, struct span row, struct span *ret)
{
    uint32_t size = bytes_u32(row.data + 16), rva = bytes_u32(row.data + 20), offset = bytes_u32(row.data + 24);

    return pe->is_loaded ? pe_bytes(pe, rva, size, ret) : span_sub(pe->bytes, offset, size, ret);
}

static bool read_rsds(struct span record, struct pe_codeview *ret)
{
    uint32_t magic;

    if (!span_u32(record, 0, &magic) || magic != RSDS_MAGIC || !span_has(record, 0, RSDS_BYTES))
        return false;
    memcpy(ret->guid, record.data + 4, sizeof(ret->guid));
    ret->age = bytes_u32(record.data + 20);
    size_t room = record.len - RSDS_BYTES;
    const uint8_t *path = record.data + RSDS_BYTES, *end = room ? memchr(path, 0, room) : NULL;
    ret->path = (struct span){path, end ? (size_t)(end - path) : room};
    return true;
}

bool pe_codeview(const struct pe *pe, struct pe_codeview *ret)
{
    uint32_t rva, size;
    struct span rows, row, record;

    if (!directory_at(pe, DIRECTORY_DEBUG, &rva, &size) || !pe_bytes_from(pe, rva, &rows))
        return false;
    for (uint32_t i = 0; i < smaller(size / DEBUG_ROW, PE_MAX_DEBUG); i++) {
        if (!span_sub(rows, (uint64_t)i * DEBUG_ROW, DEBUG_ROW, &row))
            return false;
        if (bytes_u32(row.data + 12) == DEBUG_TYPE_CODEVIEW && debug_record(pe, row, &record) && read_rsds(record, ret))
            return true;
    }
    return false;
}

bool pe_exception_rows(const struct pe *pe, struct span *ret, uint32_t *ret_row_bytes)
{
    uint32_t row_bytes, rva, size;
    struct span from;

    if (pe->machine == PE_MACHINE_X64)
        row_bytes = X64_EXCEPTION_ROW;
    else if (pe->machine == PE_MACHINE_ARM64)
        row_bytes = ARM64_EXCEPTION_ROW;
    else
        return false;
    if (!directory_at(pe, DIRECTORY_EXCEPTION, &rva, &size) || !pe_bytes_from(pe, rva, &from))
        return false;
    *ret = rows_at(from, 0, size / row_bytes, row_bytes);
    *ret_row_bytes = row_bytes;
    return ret->len > 0;
}
