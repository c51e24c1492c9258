/* pe.h - a PE image's headers and function table (.pdata), read through any reader of its memory layout.
 *
 * Format: https://learn.microsoft.com/windows/win32/debug/pe-format. Nothing is allocated; a look-up is a binary search that reads a few
 * entries. */
#ifndef SALVOR_UNWIND_PE_H
#define SALVOR_UNWIND_PE_H
#include "base/bytes.h"
#include "minidump/cpu.h"
#include "unwind/source.h"

#define PE_MAX_SECTIONS 96u /* as Windows' loader */

/* Copies bytes of the image as it lies in memory. */
typedef bool pe_read_fn(const void *context, uint32_t rva, void *ret, size_t size);

struct pe_image {
    pe_read_fn *read;
    const void *context;
    enum cpu cpu;
    uint32_t timestamp, size_bytes;
    uint32_t table_rva, table_count; /* of function table entries */
};

/* Reads the headers. false: no PE image of a processor with function tables (amd64, arm64), or x86; *ret is then untouched. */
bool pe_image_open(struct pe_image *ret, pe_read_fn *read, const void *context);
/* The image as a source of unwind data; it must stay where it is. */
struct unwind_source pe_image_source(const struct pe_image *image, uint64_t base);

/* A PE file's bytes, laid out as the loader would. */
struct pe_section {
    uint32_t rva, size_bytes, offset;
};
struct pe_file {
    struct span bytes;
    uint32_t header_bytes;
    struct pe_section sections[PE_MAX_SECTIONS];
    size_t section_count;
    struct pe_image image;
};

/* Takes a PE file apart. bytes and *ret must stay where they are while the image is used. false: as pe_image_open. */
bool pe_file_open(struct pe_file *ret, struct span bytes);

#endif
