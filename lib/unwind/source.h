/* source.h - where unwinding gets a module's unwind data from: a PE file, the image in the process's own memory, a dump's FunctionTable
 * stream, a compiled symbol table. Addresses are relative to the source's base (RVA). */
#ifndef SALVOR_UNWIND_SOURCE_H
#define SALVOR_UNWIND_SOURCE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One entry of a function table. On arm64 unwind may be packed unwind data and end is not known here (0). */
struct unwind_entry {
    uint32_t begin, end, unwind;
};

/* What a source knows of the code at an address. */
enum unwind_coverage {
    UNWIND_COVERAGE_NONE,  /* nothing: ask the next source */
    UNWIND_COVERAGE_LEAF,  /* its module's table has no entry for it: a function that touches neither stack nor non-volatile registers */
    UNWIND_COVERAGE_ENTRY, /* an entry */
};

struct unwind_source {
    uint64_t base;
    const void *context;
    /* Copies bytes of the image; false when the source does not hold all of them. */
    bool (*read)(const void *context, uint32_t rva, void *ret, size_t size);
    /* Looks for the function that holds rva. *ret is written for UNWIND_COVERAGE_ENTRY only. */
    enum unwind_coverage (*entry)(const void *context, uint32_t rva, struct unwind_entry *ret);
};

#endif
