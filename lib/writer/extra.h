/* extra.h - what a program asked to have in its dump: ranges of its memory and streams of its own (salvor_add_memory, salvor_add_stream).
 *
 * Each comes whole and of the exact size, or not at all; what does not come is named in the record. Windows only. */
#ifndef SALVOR_WRITER_EXTRA_H
#define SALVOR_WRITER_EXTRA_H
#include "proto/record.h"
#include "writer/minidump_writer.h"

#define EXTRA_MAX_STREAM_BYTES (16u * 1024 * 1024)
#define EXTRA_MAX_MEMORY_BYTES (64u * 1024 * 1024) /* of all ranges together */

struct extra {
    struct minidump_stream streams[BLOCK_MAX_STREAMS];
    struct block_range ranges[BLOCK_MAX_MEMORY_RANGES]; /* readable when they were looked at */
    size_t stream_count, range_count;
    uint8_t *copies[BLOCK_MAX_STREAMS]; /* of streams; none in the process itself */
};

/* Looks at what a checked block asks for in the process. The streams of another process are copied; those of our own are pointed at, and
 * nothing is allocated. Writes a RECORD_MEMORY_REFUSED or RECORD_STREAM_REFUSED line for each that is left out. */
void extra_collect(struct extra *ret, HANDLE process, const struct block *copy, struct record_writer *record);
/* Writes such a line: key is one of the two, what the address or type. */
void extra_refuse(struct record_writer *record, const char *key, uint64_t what, uint64_t size, const char *why);
void extra_done(struct extra *extra); /* may be called twice */

#endif
