/* unwind.h - from one thread's registers and the process's memory to its call stack.
 *
 * A walk knows nothing of dumps or files: it asks for memory and code ranges through struct unwind_process. Each way of finding a caller
 * is a method (method.h); the first that succeeds gives the frame and its trust. */
#ifndef SALVOR_UNWIND_UNWIND_H
#define SALVOR_UNWIND_UNWIND_H
#include "base/status.h"
#include "minidump/cpu.h"
#include "symbols/symbols.h"
#include "unwind/source.h"

#define UNWIND_LOWEST_IP      4096u /* no code lies below it */
#define UNWIND_MAX_FRAMES     1024u /* of one thread */
#define UNWIND_MAX_SCAN_WORDS 8192u /* stack words looked at for one caller */

/* How a frame was found, best first. */
enum unwind_trust { UNWIND_TRUST_CONTEXT, UNWIND_TRUST_CFI, UNWIND_TRUST_FRAME_POINTER, UNWIND_TRUST_SCAN };

/* "context", "cfi", "frame_pointer", "scan": rust-minidump's words. */
const char *unwind_trust_text(enum unwind_trust trust);

/* Why a walk ended. */
enum unwind_end {
    UNWIND_END_BOTTOM,       /* no caller was found: the start of the thread, or of what the dump has of its stack */
    UNWIND_END_FRAME_LIMIT,  /* UNWIND_MAX_FRAMES */
    UNWIND_END_BUDGET,       /* the dump's own budget was used up */
    UNWIND_END_NO_REGISTERS, /* the thread's instruction or stack pointer is not known */
};

/* x86: what symbols say of a function's frame. */
struct unwind_frame_record {
    uint64_t start;           /* the address that the record begins at */
    struct symbol_win win;    /* size 0: there is none */
    uint32_t parameter_bytes; /* what its callers push; 0 when unknown */
};

/* The process whose stacks are walked. */
struct unwind_process {
    void *context;
    /* Copies size bytes of its memory; false when they are not known. */
    bool (*read)(void *context, uint64_t address, void *ret, size_t size);
    /* Whether address can be code: inside a module and, where page protection is known, executable. */
    bool (*is_code)(void *context, uint64_t address);
    /* Its functions follow the calling convention of amd64 Windows: who calls has left 32 bytes for the callee's parameters. */
    bool has_home_space;
    /* May be NULL. Whether the code at address belongs to a library that all others end up in and that calls few of them. */
    bool (*is_bottom)(void *context, uint64_t address);
    /* May be NULL. The index-th source of unwind data for the code at address, best first; false past the last. */
    bool (*source)(void *context, uint64_t address, size_t index, struct unwind_source *ret);
    /* May be NULL. STACK CFI rules that hold at address: index 0 is the INIT line's text, then each later line's up to address in order;
     * false past the last. */
    bool (*rules)(void *context, uint64_t address, size_t index, const char **ret);
    /* May be NULL. x86: the innermost record at address; false when its module has no symbols. */
    bool (*frame_record)(void *context, uint64_t address, struct unwind_frame_record *ret);
    /* May be NULL. The index-th return address on the thread's shadow stack (amd64), innermost first; false past what is known of it. A
     * program cannot write there, so a scan takes what it says. */
    bool (*shadow)(void *context, size_t index, uint64_t *ret);
    /* May be NULL. Told of unwind data for the code at address that is there and not understood: what (static) completes "the code at ...".
     * The walk goes on by the methods that are left. */
    void (*note)(void *context, uint64_t address, const char *what);
};

/* Shared by all walks of one dump, so that a hostile one cannot multiply threads by frames by words. Walks count it down. */
struct unwind_budget {
    size_t frames, words;
};

struct unwind_frame {
    uint64_t ip;     /* frame 0: the instruction; callers: the return address */
    uint64_t lookup; /* an address inside the instruction that runs: ip, in callers one call's tail before it */
    uint64_t sp;
    enum unwind_trust trust;
};

struct unwind_stack {
    struct unwind_frame *frames;
    size_t count;
    enum unwind_end end;
};

/* Walks one thread from its registers. Errors: ST_MEMORY. A thread without usable registers gives no frames and ST_OK. */
enum status unwind_walk(const struct unwind_process *process, const struct cpu_state *start, struct unwind_budget *budget,
                        struct unwind_stack *ret);
void unwind_stack_done(struct unwind_stack *stack); /* may be called twice */

/* A place in a walk: the registers of one frame. */
struct unwind_cursor {
    struct cpu_state state;
    enum unwind_trust trust;
    size_t callers;        /* how many frames were walked before this one */
    size_t shadow;         /* how many of the shadow stack's return addresses belong to frames before this one */
    uint32_t pushed_bytes; /* x86: parameters of the call that the frame made, as far as known */
    bool has_left_bottom;  /* a frame before it belongs to no bottom library */
    bool is_outermost;     /* nobody called it */
    bool interrupted;      /* the frame did not call: an exception or interrupt came between, so ip is the instruction itself */
};

/* One step: replaces the registers of a frame by its caller's, as far as they are known. Returns false at the end of the stack; *cursor is
 * then untouched. */
bool unwind_step(const struct unwind_process *process, struct unwind_budget *budget, struct unwind_cursor *cursor);

#endif
