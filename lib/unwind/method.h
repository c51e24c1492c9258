/* method.h - ways of finding a caller; not for other folders. */
#ifndef SALVOR_UNWIND_METHOD_H
#define SALVOR_UNWIND_METHOD_H
#include "unwind/unwind.h"

/* What a method is given. */
struct unwind_request {
    const struct unwind_process *process;
    struct unwind_budget *budget;
    const struct cpu_state *callee;
    size_t callers;        /* 0: the callee is the frame that the registers were taken in */
    uint64_t lookup;       /* an address inside the instruction that the callee runs */
    bool is_return;        /* the callee's ip is a return address */
    bool has_left_bottom;  /* this frame or one before it belongs to no bottom library, and there are such */
    size_t shadow;         /* index of the shadow stack's entry for the callee */
    uint32_t pushed_bytes; /* x86: what the callee has pushed as parameters of the call that it made */
};

/* What a method finds. */
struct unwind_caller {
    struct cpu_state state;
    bool was_interrupted; /* its ip is the instruction itself, not a return address */
    bool is_outermost;    /* nobody called it: the walk ends with it */
};

/* Finds the caller's registers. false: this method cannot tell; then *ret may hold anything. A method that knows that there is no caller
 * gives one whose ip is 0. */
typedef bool unwind_method_fn(const struct unwind_request *request, struct unwind_caller *ret);

/* Unwind data is there, and not understood. */
static inline void unwind_note(const struct unwind_request *request, const char *what)
{
    if (request->process->note)
        request->process->note(request->process->context, request->lookup, what);
}
#define UNWIND_NOTE_VERSION "has unwind data of an unknown version"
#define UNWIND_NOTE_CODES   "has unwind codes that are not known"

/* amd64: the function tables and unwind codes that Windows itself unwinds by (pdata_x64.c). */
unwind_method_fn unwind_pdata_x64;
/* arm64: the same (pdata_arm64.c). */
unwind_method_fn unwind_pdata_arm64;
/* x86: STACK WIN records of symbol files, FrameData and FPO records of PDBs (frame_data.c). */
unwind_method_fn unwind_frame_data;
/* STACK CFI rules of symbol files (cfi.c). */
unwind_method_fn unwind_cfi;
/* x86 and arm64: the chain of saved frame pointers (frame_pointer.c). */
unwind_method_fn unwind_frame_pointer;
/* Looks for the next stack word that can be a return address (scan.c). */
unwind_method_fn unwind_scan;

/* When an x86 instruction pointer stands among the last instructions of an epilogue, does what they still would. record is that of the
 * function. false: it stands elsewhere. */
bool unwind_epilogue_x86(const struct unwind_request *request, const struct unwind_frame_record *record, struct unwind_caller *ret);

/* Whether code bytes, the last of which stand right before a return address, end with a call instruction (x86 and amd64). */
bool unwind_ends_with_call(const uint8_t *code, size_t size);
/* Whether value can be a return address: code, and as far as its bytes are known, behind a call. */
bool unwind_can_be_return(const struct unwind_request *request, uint64_t value);

/* Copies code, from the process's memory or from what its modules' files hold. */
bool unwind_code_read(const struct unwind_process *process, uint64_t address, void *ret, size_t size);
/* Looks for a return address on the shadow stack from an index on, among so many entries; *ret_index is where it stands. */
bool unwind_shadow_find(const struct unwind_process *process, size_t index, size_t reach, uint64_t value, size_t *ret_index);

/* Reads one word of the callee's stack, of the processor's size. */
bool unwind_read_word(const struct unwind_request *request, uint64_t address, uint64_t *ret);
/* A stored code address without the pointer authentication code that arm64 may keep in its upper bits. */
uint64_t unwind_code_address(enum cpu cpu, uint64_t value);

#endif
