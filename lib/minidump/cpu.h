/* cpu.h - processors a minidump can come from, and their integer registers as one table.
 *
 * Registers are numbered as the processor's own encoding and its unwind codes number them, with the instruction pointer and the flags
 * behind them. */
#ifndef SALVOR_MINIDUMP_CPU_H
#define SALVOR_MINIDUMP_CPU_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cpu { CPU_UNKNOWN, CPU_X86, CPU_AMD64, CPU_ARM, CPU_ARM64, CPU_COUNT };

enum { CPU_AMD64_RBX = 3, CPU_AMD64_RSP = 4, CPU_AMD64_RBP = 5, CPU_AMD64_RIP = 16, CPU_AMD64_FLAGS = 17 };
enum { CPU_X86_EBX = 3, CPU_X86_ESP = 4, CPU_X86_EBP = 5, CPU_X86_EIP = 8, CPU_X86_FLAGS = 9 };
enum { CPU_ARM64_FP = 29, CPU_ARM64_LR = 30, CPU_ARM64_SP = 31, CPU_ARM64_PC = 32, CPU_ARM64_FLAGS = 33 };

#define CPU_MAX_REGISTERS 34
#define CPU_MAX_VECTORS   16

/* What is fixed for a processor. */
struct cpu_layout {
    const char *name;             /* "amd64", as in rust-minidump's JSON */
    const char *const *registers; /* register_count names; NULL where contexts are not decoded */
    size_t register_count;
    size_t listed_count; /* the first so many are what rust-minidump lists as general purpose registers */
    unsigned pointer_bytes;
    unsigned ip, sp; /* register numbers */
};

/* A 128-bit register: xmm0 to xmm15 of amd64, v0 to v15 of arm64, whose low halves are d0 to d15. */
struct cpu_vector {
    uint64_t low, high;
};

/* A thread's registers. Bit i of valid says whether values[i] is known, of vectors_valid the same for vectors[i]; unwinding loses some on
 * its way. */
struct cpu_state {
    enum cpu cpu;
    uint32_t vectors_valid;
    uint64_t valid;
    uint64_t values[CPU_MAX_REGISTERS];
    struct cpu_vector vectors[CPU_MAX_VECTORS];
};

/* Never NULL; unknown processors have no registers and 8-byte pointers. */
const struct cpu_layout *cpu_layout(enum cpu cpu);

static inline void cpu_set(struct cpu_state *state, unsigned number, uint64_t value)
{
    state->values[number] = value;
    state->valid |= (uint64_t)1 << number;
}
static inline bool cpu_has(const struct cpu_state *state, unsigned number)
{
    return (state->valid >> number & 1) != 0;
}
static inline void cpu_set_vector(struct cpu_state *state, unsigned number, struct cpu_vector value)
{
    state->vectors[number] = value;
    state->vectors_valid |= (uint32_t)1 << number;
}
uint64_t cpu_ip(const struct cpu_state *state); /* 0 when unknown */
uint64_t cpu_sp(const struct cpu_state *state); /* 0 when unknown */

/* Reads a Windows CONTEXT of the given processor (winnt.h). Only the register groups that its flags announce become valid.
 * Returns NULL, or why it cannot be read as one sentence part; then *ret is untouched. */
const char *cpu_context_decode(enum cpu cpu, const uint8_t *context, size_t size_bytes, struct cpu_state *ret);
/* The shadow stack pointer of a CONTEXT with extended state (amd64): at its address stands what the running function returns to, behind it
 * what its caller does, and so on. false: the record has none, or the thread ran without one. */
bool cpu_context_shadow_stack(enum cpu cpu, const uint8_t *context, size_t size_bytes, uint64_t *ret);

#endif
