/* reason.h - why a process ended, in words. */
#ifndef SALVOR_MINIDUMP_REASON_H
#define SALVOR_MINIDUMP_REASON_H
#include "minidump/minidump.h"

struct minidump_reason {
    bool present;
    char type[128];     /* as rust-minidump names it: "EXCEPTION_ACCESS_VIOLATION_WRITE"; "" without an exception */
    char sentence[256]; /* for people: "access violation writing 0x0000000000000010 (close to null)" */
    uint64_t address;   /* what the fault is about: the data address, else the instruction */
    bool address_known; /* false when the processor did not report the data address (general protection on amd64) */
};

/* Describes the dump's exception; without one, *ret says so. */
void minidump_reason(const struct minidump *minidump, struct minidump_reason *ret);

/* The fast-fail subcode when the process ended by __fastfail; false otherwise. */
bool minidump_fast_fail(const struct minidump *minidump, uint64_t *ret_subcode);

/* What GetLastError would have returned in a thread, by name; false when the dump does not hold it. */
bool minidump_last_error(const struct minidump *minidump, size_t thread, char *ret, size_t ret_size);

#endif
