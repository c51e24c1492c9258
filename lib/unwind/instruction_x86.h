/* instruction_x86.h - as much of an x86 instruction as following the stack pointer takes: its length, and what it does to esp. */
#ifndef SALVOR_UNWIND_INSTRUCTION_X86_H
#define SALVOR_UNWIND_INSTRUCTION_X86_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define X86_MAX_INSTRUCTION 15u

enum x86_kind {
    X86_PLAIN, /* leaves esp alone, or moves it by taken */
    X86_CALL,
    X86_JUMP,    /* what stands behind it is reached from elsewhere only: jumps, returns */
    X86_UNKNOWN, /* what it does to esp is not in the code */
};

struct x86_instruction {
    size_t length;
    enum x86_kind kind;
    int64_t taken;   /* bytes taken from the stack; negative: given back */
    bool is_direct;  /* a call or jump whose target stands in the code: */
    int32_t target;  /* relative to the instruction's end */
    bool is_cleanup; /* gives bytes back as a caller does after a call */
};

/* Reads one instruction of 32-bit code; 0 for one that is cut off or unknown, else its length. */
size_t x86_instruction_read(const uint8_t *code, size_t size, struct x86_instruction *ret);

#endif
