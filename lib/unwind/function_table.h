/* function_table.h - a minidump's FunctionTable stream: the entries of code that no module holds, such as a just-in-time compiler's.
 *
 * Format: MINIDUMP_FUNCTION_TABLE_STREAM
 * (https://learn.microsoft.com/windows/win32/api/minidumpapiset/ns-minidumpapiset-minidump_function_table_stream). */
#ifndef SALVOR_UNWIND_FUNCTION_TABLE_H
#define SALVOR_UNWIND_FUNCTION_TABLE_H
#include "base/bytes.h"
#include "unwind/source.h"

#define FUNCTION_TABLE_MAX_TABLES 4096u

/* The table for one range of code. The codes its entries point at come from the process's memory. */
struct function_table {
    uint64_t base;
    struct span rows;
    const void *context;
    bool (*read)(const void *context, uint64_t address, void *ret, size_t size);
};

/* One table's range of code, and how many functions it has. */
struct function_table_range {
    uint64_t begin, end;
    uint32_t functions; /* as the table says */
};
/* At most max of the tables' ranges; those behind one that does not hold are not found. Returns how many. */
size_t function_table_ranges(struct span stream, struct function_table_range *ret, size_t max);

/* Finds the table whose range holds address; of *ret only base and rows are written. */
bool function_table_at(struct span stream, uint64_t address, struct function_table *ret);
/* The table as a source; it must stay where it is. */
struct unwind_source function_table_source(const struct function_table *table);

#endif
