/* memory_list.h - adds ranges of a process's memory to a dump's memory list (MINIDUMP_MEMORY_LIST). Windows only. */
#ifndef SALVOR_WRITER_MEMORY_LIST_H
#define SALVOR_WRITER_MEMORY_LIST_H
#include "base/buffer.h"
#include "proto/block.h"
#include <stdbool.h>
#include <windows.h>

#define MEMORY_LIST_ENTRY_BYTES 16u /* MINIDUMP_MEMORY_DESCRIPTOR: start u64, size u32, file offset u32 */

/* Takes out what stands in more than one entry: Wine's writer has the code around each thread's instruction pointer once for each thread,
 * and Breakpad's readers refuse a whole list for that. The entries are in order of their addresses then. False when nothing was to do. */
bool memory_list_settle(struct buffer *entries);

/* Writes the process's bytes in the range to the file at *end, and moves *end behind them, at most to most_end; entries gains their
 * descriptors. What the entries cover already is passed over: readers refuse a list that has a byte twice. With the entries and *end as
 * they were: ST_TRUNCATED when the memory cannot be read (any more), ST_TOO_LARGE when it would end behind most_end or 4 GiB. */
enum status memory_list_add(HANDLE file, uint64_t *end, uint64_t most_end, struct buffer *entries, HANDLE process,
                            const struct block_range *range);

#endif
