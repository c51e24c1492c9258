/* machine.h - one program in an emulated processor that runs it instruction by instruction and knows its true callers.
 *
 * The machine is the kernel too. amd64: int $0x41 and int $0x43 interrupt the program (with and without an error code) and go on at rax;
 * int $0x42 returns to the machine frame whose rip stands at rdx. arm64: pacibsp and autibsp sign lr and take that back, in its upper bits.
 */
#ifndef SALVOR_TESTS_UNWIND_MACHINE_H
#define SALVOR_TESTS_UNWIND_MACHINE_H
#include "base/bytes.h"
#include "minidump/cpu.h"
#include "processor.h"

#define MACHINE_MAX_DEPTH 256u

struct machine {
    void *engine;
    const struct processor *processor;
    uint64_t base;
    uint32_t size_bytes;
    struct cpu_state state;
    /* The true callers' registers as they were at the call, with ip and sp as they will be when it goes on (but for what the callee pops as
     * its parameters). Outermost first; the first is nobody. */
    struct cpu_state callers[MACHINE_MAX_DEPTH];
    size_t depth;
};

/* Loads a PE file. NULL, or what went wrong. */
const char *machine_open(struct machine *ret, struct span file);
void machine_close(struct machine *machine);
/* Runs one instruction. *ret_ended: the program's first function has returned. NULL, or what went wrong. */
const char *machine_step(struct machine *machine, bool *ret_ended);
/* Copies memory; false where there is none. */
bool machine_read(struct machine *machine, uint64_t address, void *ret, size_t size);

#endif
