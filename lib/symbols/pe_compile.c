/* pe_compile.c - gives an image's exports and unwind tables to the builder. */
#include "symbols/pe_compile.h"
#include <string.h>

/* What may stand behind the start of unwind information: on x64 4 bytes, 255 codes and a chained entry; arm64's is no longer. */
#define UNWIND_MAX_BYTES 1024u

#define X64_INDIRECT       1u /* the address of another row instead of unwind information */
#define ARM64_PACKED_MASK  3u
#define ARM64_LENGTH_SHIFT 2u
#define ARM64_LENGTH_MASK  0x7ffu
#define ARM64_XDATA_LENGTH 0x3ffffu

/* The part of one section where unwind information starts. */
struct extent {
    uint32_t first, last;
    bool is_used;
};

struct compile {
    const struct pe *pe;
    struct symbol_builder *builder;
    struct extent extents[PE_MAX_SECTIONS];
    uint32_t recent; /* the section of the last one, mostly also that of the next */
    uint32_t damaged;
};

static void put_property(struct compile *compile, const char *key, const char *value)
{
    symbol_builder_property(compile->builder, key, value, strlen(value));
}

static void put_properties(struct compile *compile)
{
    const struct pe *pe = compile->pe;
    char code_id[PE_CODE_ID_BYTES], debug_id[PE_DEBUG_ID_BYTES];
    struct pe_codeview codeview;

    put_property(compile, SYMBOL_PROPERTY_SOURCE, "pe");
    put_property(compile, SYMBOL_PROPERTY_OS, "windows");
    put_property(compile, SYMBOL_PROPERTY_CPU, pe_cpu_name(pe->machine));
    pe_code_id(pe, code_id);
    put_property(compile, SYMBOL_PROPERTY_CODE_ID, code_id);
    if (!pe_codeview(pe, &codeview))
        return;
    pe_debug_id(codeview.guid, codeview.age, debug_id);
    put_property(compile, SYMBOL_PROPERTY_DEBUG_ID, debug_id);
    size_t base = codeview.path.len;
    while (base > 0 && codeview.path.data[base - 1] != '\\' && codeview.path.data[base - 1] != '/')
        base--;
    symbol_builder_property(compile->builder, SYMBOL_PROPERTY_DEBUG_FILE, (const char *)codeview.path.data + base,
                            codeview.path.len - base);
}

static bool section_of(const struct pe *pe, uint32_t rva, uint32_t *ret_index, struct pe_section *ret)
{
    for (uint32_t i = 0; pe_section_at(pe->sections, i, ret); i++)
        if (rva >= ret->rva && rva - ret->rva < ret->size) {
            *ret_index = i;
            return true;
        }
    return false;
}

static void put_exports(struct compile *compile)
{
    struct pe_exports exports;
    struct pe_export export;
    struct pe_section section;
    uint32_t index, parameter_bytes;

    if (!pe_exports_open(compile->pe, &exports))
        return;
    while (pe_exports_next(&exports, &export)) {
        if (!export.rva || !section_of(compile->pe, export.rva, &index, &section) || !(section.characteristics & PE_SECTION_EXECUTABLE))
            continue;
        struct span name = pe_plain_name(compile->pe->machine, export.name, &parameter_bytes);
        symbol_builder_public(compile->builder, export.rva, symbol_builder_text(compile->builder, (const char *)name.data, name.len),
                              parameter_bytes, false);
    }
}

/* x64: {start, end, unwind information}. An odd third word leads to the row that has it. */
static bool read_x64(const struct pe *pe, const uint8_t *row, struct symbol_entry *ret)
{
    uint32_t end = bytes_u32(row + 4);
    struct span other;

    *ret = (struct symbol_entry){bytes_u32(row), 0, bytes_u32(row + 8)};
    if (end <= ret->rva)
        return false;
    ret->size = end - ret->rva;
    if (ret->unwind & X64_INDIRECT) {
        if (!pe_bytes(pe, ret->unwind - X64_INDIRECT, 12, &other))
            return false;
        ret->unwind = bytes_u32(other.data + 8);
    }
    return !(ret->unwind & X64_INDIRECT);
}

/* arm64: {start, unwind}: the word holds everything when it is packed, or is the address of what does. */
static bool read_arm64(const struct pe *pe, const uint8_t *row, struct symbol_entry *ret)
{
    struct span header;

    *ret = (struct symbol_entry){bytes_u32(row), 0, bytes_u32(row + 4)};
    if (ret->unwind & ARM64_PACKED_MASK)
        ret->size = (ret->unwind >> ARM64_LENGTH_SHIFT & ARM64_LENGTH_MASK) * 4;
    else if (pe_bytes(pe, ret->unwind, 4, &header))
        ret->size = (bytes_u32(header.data) & ARM64_XDATA_LENGTH) * 4;
    return ret->size > 0;
}

/* Widens the extent of the section that holds rva. */
static void note_unwind(struct compile *compile, uint32_t rva)
{
    struct pe_section section;
    uint32_t index = compile->recent;

    if (!pe_section_at(compile->pe->sections, index, &section) || rva < section.rva || rva - section.rva >= section.size)
        if (!section_of(compile->pe, rva, &index, &section))
            return;
    struct extent *extent = &compile->extents[index];
    if (!extent->is_used || rva < extent->first)
        extent->first = rva;
    if (!extent->is_used || rva > extent->last)
        extent->last = rva;
    extent->is_used = true;
    compile->recent = index;
}

static void put_entries(struct compile *compile)
{
    struct span rows;
    struct symbol_entry entry;
    uint32_t row_bytes, count = 0;

    if (!pe_exception_rows(compile->pe, &rows, &row_bytes))
        return;
    bool is_x64 = compile->pe->machine == PE_MACHINE_X64;
    for (size_t at = 0; at < rows.len; at += row_bytes) {
        if (!bytes_u32(rows.data + at) && !bytes_u32(rows.data + at + 4)) /* padding */
            continue;
        if (count++ == PE_MAX_ENTRIES) {
            symbol_builder_note(compile->builder, "has more than %u entries of unwind information; later ones are left out",
                                PE_MAX_ENTRIES);
            return;
        }
        if (is_x64 ? !read_x64(compile->pe, rows.data + at, &entry) : !read_arm64(compile->pe, rows.data + at, &entry)) {
            compile->damaged++;
            continue;
        }
        symbol_builder_entry(compile->builder, &entry);
        if (is_x64 || !(entry.unwind & ARM64_PACKED_MASK))
            note_unwind(compile, entry.unwind);
    }
}

/* Code sections whole, of others the extent of the unwind information. Sections ascend; one that steps back would overlap. */
static void put_bytes(struct compile *compile)
{
    struct pe_section section;
    struct span bytes;
    uint32_t end = 0;

    for (uint32_t i = 0; pe_section_at(compile->pe->sections, i, &section); i++) {
        const struct extent *extent = &compile->extents[i];
        bool is_code = (section.characteristics & PE_SECTION_EXECUTABLE) != 0;
        uint32_t from = is_code ? section.rva : extent->first;
        uint64_t want = is_code ? section.size : (uint64_t)extent->last - extent->first + UNWIND_MAX_BYTES;
        if ((!is_code && !extent->is_used) || from < end || !pe_bytes_from(compile->pe, from, &bytes))
            continue;
        if (want > section.size - (from - section.rva))
            want = section.size - (from - section.rva);
        if (bytes.len > want)
            bytes.len = (size_t)want;
        if (bytes.len > UINT32_MAX - from)
            bytes.len = UINT32_MAX - from;
        symbol_builder_image(compile->builder, from, bytes.data, bytes.len);
        end = from + (uint32_t)bytes.len;
    }
}

enum status pe_compile(const struct pe *pe, struct symbol_builder *builder)
{
    struct compile compile = {.pe = pe, .builder = builder};

    put_properties(&compile);
    put_exports(&compile);
    put_entries(&compile);
    put_bytes(&compile);
    if (compile.damaged)
        symbol_builder_note(builder, "has %u entries of unwind information that do not hold", (unsigned)compile.damaged);
    return symbol_builder_status(builder);
}
