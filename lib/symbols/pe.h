/* pe.h - reads Windows images, PE32 and PE32+, from a file or as a loader laid them out in memory.
 *
 * Format: https://learn.microsoft.com/windows/win32/debug/pe-format. The bytes may come from anybody and may be cut anywhere: what is not
 * there is not found, nothing else happens. Nothing is allocated; all spans point into the bytes given. */
#ifndef SALVOR_SYMBOLS_PE_H
#define SALVOR_SYMBOLS_PE_H
#include "base/bytes.h"
#include "base/status.h"
#include <stdbool.h>

#define PE_MACHINE_X86   0x14cu
#define PE_MACHINE_X64   0x8664u
#define PE_MACHINE_ARM64 0xaa64u

#define PE_SECTION_EXECUTABLE 0x20000000u

/* Ceilings; what stands behind them is left out. */
#define PE_MAX_SECTIONS    96u /* what the loader accepts */
#define PE_MAX_DIRECTORIES 16u
#define PE_MAX_DEBUG       256u
#define PE_MAX_EXPORTS     (1u << 20)
#define PE_MAX_NAME_BYTES  4096u
#define PE_CODE_ID_BYTES   24
#define PE_DEBUG_ID_BYTES  48
#define PE_SECTION_ROW     40u /* bytes of one section header; PDBs hold copies of them */

struct pe {
    struct span bytes;
    bool is_loaded; /* at offset rva stands the byte at rva */
    bool is_64;
    uint16_t machine;
    uint32_t timestamp, size_of_image, size_of_headers, entry_point;
    uint64_t image_base;
    uint32_t section_count;
    struct span sections;    /* section_count rows */
    struct span directories; /* rows of {u32 rva, u32 size} */
};

struct pe_section {
    char name[9];
    uint32_t rva, size; /* in memory */
    uint32_t file_offset, file_bytes;
    uint32_t characteristics;
};

/* Reads the headers. is_loaded: bytes are an image in memory, otherwise a file. A section table that is cut off is kept as far as it goes.
 * Errors: ST_FORMAT (no PE), ST_TRUNCATED, ST_UNSUPPORTED (neither PE32 nor PE32+). bytes must stay. */
enum status pe_open(struct pe *ret, struct span bytes, bool is_loaded);
/* Reads one row of a section table, here or in a PDB; false past its end. */
bool pe_section_at(struct span rows, uint32_t index, struct pe_section *ret);

/* The bytes from rva to the end of what holds it (section, headers, or the loaded image); false when there are none. */
bool pe_bytes_from(const struct pe *pe, uint32_t rva, struct span *ret);
/* Exactly size bytes at rva. */
bool pe_bytes(const struct pe *pe, uint32_t rva, uint32_t size, struct span *ret);
/* A NUL-terminated text at rva of at most PE_MAX_NAME_BYTES, without its NUL. */
bool pe_text(const struct pe *pe, uint32_t rva, struct span *ret);

/* Timestamp and size of image as symbol stores write them. */
void pe_code_id(const struct pe *pe, char ret[PE_CODE_ID_BYTES]);

/* Breakpad's word for a machine ("x86", "x86_64", "arm64"); "" for others. */
const char *pe_cpu_name(uint16_t machine);

/* CodeView's RSDS record: which PDB belongs to the image. */
struct pe_codeview {
    uint8_t guid[16];
    uint32_t age;
    struct span path; /* as the linker wrote it, without the NUL */
};
bool pe_codeview(const struct pe *pe, struct pe_codeview *ret);
/* A GUID and an age as symbol stores write them: 33 or more hex digits. */
void pe_debug_id(const uint8_t guid[16], uint32_t age, char ret[PE_DEBUG_ID_BYTES]);

/* The exported names, in the order of the name table. */
struct pe_exports {
    const struct pe *pe;
    struct span names, ordinals, addresses;
    uint32_t directory_rva, directory_size, count, index;
    uint64_t name_bytes_left; /* names do not share bytes, so together they are smaller than the image */
};
struct pe_export {
    struct span name;
    uint32_t rva;           /* 0 for a forwarder */
    struct span forward_to; /* such as "NTDLL.RtlAllocateHeap"; len 0 when it is none */
};
/* Starts over the names; false when the image exports none, or its directory does not hold. */
bool pe_exports_open(const struct pe *pe, struct pe_exports *ret);
/* The next name; entries that do not hold are skipped; false at the end. */
bool pe_exports_next(struct pe_exports *exports, struct pe_export *ret);

/* A name as the source spells it: on x86 without the marks of C calling conventions ("_f", "_f@8", "@f@8", "f@@8"), whose number is what
 * the caller pushes. C++ names stay as they are. */
struct span pe_plain_name(uint16_t machine, struct span name, uint32_t *ret_parameter_bytes);

/* The exception directory (.pdata): rows of 12 bytes on x64, 8 on arm64. False when there is none (always so on x86). A directory that is
 * cut off is given as far as it goes. */
bool pe_exception_rows(const struct pe *pe, struct span *ret, uint32_t *ret_row_bytes);

#endif
