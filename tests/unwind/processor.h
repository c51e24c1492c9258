/* processor.h - what the emulator calls the processors' registers, which of them calls keep, and which instructions call and return. */
#ifndef SALVOR_TESTS_UNWIND_PROCESSOR_H
#define SALVOR_TESTS_UNWIND_PROCESSOR_H
#include "minidump/cpu.h"

struct processor {
    enum cpu cpu;
    int architecture, mode;
    const int *registers; /* the emulator's, in the order of cpu_layout; register_count of them */
    unsigned register_count;
    int first_vector;      /* 0: none */
    uint64_t kept;         /* one bit for each register */
    uint32_t kept_vectors; /* and for each vector */
    unsigned kept_halves;  /* of a vector, in 64-bit words */
    unsigned call_bytes;   /* what a call takes from the stack */
    bool (*is_call)(const uint8_t *code);
    bool (*is_return)(const uint8_t *code);
};

/* By the machine of a PE header; NULL when it is none of amd64, x86 and arm64. */
const struct processor *processor_find(uint16_t machine);

#endif
