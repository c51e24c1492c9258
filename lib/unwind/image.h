/* image.h - a PE image's headers and function table (.pdata), read through any reader of its memory layout.
 *
 * Format: https://learn.microsoft.com/windows/win32/debug/pe-format. Nothing is allocated; a look-up is a binary search that reads a few
 * entries. */
#ifndef SALVOR_UNWIND_IMAGE_H
#define SALVOR_UNWIND_IMAGE_H
#include "minidump/cpu.h"
#include "unwind/source.h"

/* Copies bytes of the image as it lies in memory. */
typedef bool unwind_image_read_fn(const void *context, uint32_t rva, void *ret, size_t size);

struct unwind_image {
    unwind_image_read_fn *read;
    const void *context;
    enum cpu cpu;
    uint32_t timestamp, size_bytes;
    uint32_t table_rva, table_count; /* of function table entries */
};

/* Reads the headers. false: no PE image of a processor with function tables (amd64, arm64), or x86; *ret is then untouched. */
bool unwind_image_open(struct unwind_image *ret, unwind_image_read_fn *read, const void *context);
/* The image as a source of unwind data; it must stay where it is. */
struct unwind_source unwind_image_source(const struct unwind_image *image, uint64_t base);

#endif
