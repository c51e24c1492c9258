/* target.c - reaches into a crashed process and believes nothing it finds there. */
#include "target.h"
#include "base/status.h"
#include "proto/report.h"
#include "proto/wer.h"
#include <stdlib.h>
#include <string.h>

#define STALL_MS 10000 /* another layer's dump that stands still for this long is given up on */
#define TOTAL_MS 60000
#define LOOK_MS  50

static bool read_memory(HANDLE process, uint64_t address, void *ret, size_t size)
{
    SIZE_T got = 0;
    if (address > (uint64_t)UINTPTR_MAX - size)
        return false;
    return ReadProcessMemory(process, (const void *)(uintptr_t)address, ret, size, &got) && got == size;
}

static bool read_context(HANDLE process, void *address, struct wer_context *ret)
{
    return address && read_memory(process, (uint64_t)(uintptr_t)address, ret, sizeof *ret) && ret->magic == WER_CONTEXT_MAGIC &&
           ret->version == WER_CONTEXT_VERSION && ret->size_bytes == sizeof *ret;
}

/* The section as our own handle and view; both stay NULL when the value is no section of the right size. */
static void map_section(struct target *target, uint64_t value)
{
    HANDLE theirs = (HANDLE)(uintptr_t)value;
    if (!value ||
        !DuplicateHandle(target->process, theirs, GetCurrentProcess(), &target->section, SECTION_MAP_READ | SECTION_MAP_WRITE, FALSE, 0))
        return;
    target->live = MapViewOfFile(target->section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, sizeof *target->live);
}

bool target_open(struct target *ret, HANDLE process, void *context)
{
    struct target target = {.process = process};
    struct wer_context found;
    bool have = false;

    if (!read_context(process, context, &found))
        return false;
    map_section(&target, found.section);
    target.copy = malloc(sizeof *target.copy);
    if (target.copy && target.live) {
        report_copy_block(target.copy, target.live);
        have = true;
    } else if (target.copy) {
        have = read_memory(process, found.block, target.copy, sizeof *target.copy);
    }
    if (!have || block_check(target.copy, sizeof *target.copy) || target.copy->pid != GetProcessId(process)) {
        target_close(&target);
        return false;
    }
    *ret = target;
    return true;
}

void target_close(struct target *target)
{
    if (target->live)
        UnmapViewOfFile(target->live);
    if (target->section)
        CloseHandle(target->section);
    free(target->copy);
    memset(target, 0, sizeof *target);
}

static LONG swap_state(struct target *target, LONG from, LONG to)
{
    return InterlockedCompareExchange((volatile LONG *)&target->live->state, to, from);
}

/* Waits until the state is one that ends a dump; false when it stood still. */
static bool wait_while_moving(struct target *target)
{
    volatile const uint32_t *state = &target->live->state, *progress = &target->live->progress;
    ULONGLONG begin = GetTickCount64(), moved = begin, now;
    uint32_t seen = *progress;

    while (*state != BLOCK_DONE && *state != BLOCK_FAILED && *state != BLOCK_IDLE) {
        now = GetTickCount64();
        if (*progress != seen) {
            seen = *progress;
            moved = now;
        }
        if (now - moved > STALL_MS || now - begin > TOTAL_MS || WaitForSingleObject(target->process, LOOK_MS) == WAIT_OBJECT_0)
            return false;
    }
    return true;
}

enum target_claim target_claim(struct target *target)
{
    if (!target->live)
        return TARGET_UNCLAIMED;
    if (!wait_while_moving(target))
        return TARGET_LOST;
    if (target->live->state == BLOCK_DONE)
        return TARGET_DONE;
    if (swap_state(target, BLOCK_IDLE, BLOCK_DUMPING) == BLOCK_IDLE || swap_state(target, BLOCK_FAILED, BLOCK_DUMPING) == BLOCK_FAILED)
        return TARGET_OURS;
    return target->live->state == BLOCK_DONE ? TARGET_DONE : TARGET_LOST;
}

void target_progress(void *context)
{
    struct target *target = context;
    if (target->live)
        InterlockedIncrement((volatile LONG *)&target->live->progress);
}

void target_finish(struct target *target, enum status result, const char *report_id)
{
    if (!target->live)
        return;
    if (result == ST_OK)
        memcpy(target->live->report_id, report_id, sizeof "00000000-0000-0000-0000-000000000000");
    target->live->result = (uint32_t)result;
    InterlockedExchange((volatile LONG *)&target->live->state, result == ST_OK ? BLOCK_DONE : BLOCK_FAILED);
}
