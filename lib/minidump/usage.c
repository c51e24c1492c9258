/* usage.c - SystemMemoryInfo and ProcessVmCounters: how much memory the machine had left, and how much the process used
 * (MINIDUMP_SYSTEM_MEMORY_INFO_1, MINIDUMP_PROCESS_VM_COUNTERS_1 and _2 of minidumpapiset.h). */
#include "minidump/reader.h"

#define SYSTEM_BYTES      148u /* up to the end of the basic performance information */
#define SYSTEM_BASIC_PERF 2u   /* flag */
#define PROCESS_1_BYTES   80u
#define PROCESS_2_BYTES   88u /* up to what flags announce */
#define PROCESS_VIRTUAL   2u
#define PROCESS_EX        4u

/* Pages as bytes; a machine that says more than there are addresses gets them all. */
static uint64_t page_bytes(uint64_t pages, uint32_t page)
{
    return pages > UINT64_MAX / (page ? page : 1) ? UINT64_MAX : pages * page;
}

void reader_system_memory(struct minidump_reader *reader, struct span stream)
{
    struct minidump_system_memory *memory = &reader->model.system_memory;
    const uint8_t *at = stream.data;
    uint32_t page;

    if (!span_has(stream, 0, SYSTEM_BYTES)) {
        reader_note(reader, "system memory: too short");
        return;
    }
    page = bytes_u32(at + 8);
    memory->present = true;
    memory->physical_bytes = page_bytes(bytes_u32(at + 12), page);
    memory->has_commitment = bytes_u16(at + 2) & SYSTEM_BASIC_PERF;
    if (!memory->has_commitment)
        return;
    memory->available_bytes = page_bytes(bytes_u64(at + 116), page);
    memory->committed_bytes = page_bytes(bytes_u64(at + 124), page);
    memory->commit_limit_bytes = page_bytes(bytes_u64(at + 132), page);
    memory->peak_committed_bytes = page_bytes(bytes_u64(at + 140), page);
}

void reader_process_memory(struct minidump_reader *reader, struct span stream)
{
    struct minidump_process_memory *memory = &reader->model.process_memory;
    const uint8_t *at = stream.data;
    uint16_t revision = 0, flags;

    if (!span_u16(stream, 0, &revision) || !span_has(stream, 0, revision >= 2 ? PROCESS_2_BYTES : PROCESS_1_BYTES)) {
        reader_note(reader, "process memory: too short");
        return;
    }
    flags = revision >= 2 ? bytes_u16(at + 2) : PROCESS_EX;
    memory->present = true;
    memory->page_faults = bytes_u32(at + 4);
    memory->peak_working_set_bytes = bytes_u64(at + 8);
    memory->working_set_bytes = bytes_u64(at + 16);
    memory->pagefile_bytes = bytes_u64(at + 56);
    memory->peak_pagefile_bytes = bytes_u64(at + 64);
    memory->has_virtual = revision >= 2 && flags & PROCESS_VIRTUAL;
    if (memory->has_virtual) {
        memory->peak_virtual_bytes = bytes_u64(at + 72);
        memory->virtual_bytes = bytes_u64(at + 80);
    }
    /* The second revision has the size of the address space before it. */
    memory->has_private = flags & PROCESS_EX && (revision < 2 || span_has(stream, PROCESS_2_BYTES, 8));
    if (memory->has_private)
        memory->private_bytes = bytes_u64(at + (revision >= 2 ? PROCESS_2_BYTES : 72));
}
