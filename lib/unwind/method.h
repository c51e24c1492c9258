/* method.h - ways of finding a caller; not for other folders. */
#ifndef SALVOR_UNWIND_METHOD_H
#define SALVOR_UNWIND_METHOD_H
#include "unwind/unwind.h"

/* What a method is given. */
struct unwind_request {
    const struct unwind_process *process;
    struct unwind_budget *budget;
    const struct cpu_state *callee;
    size_t callers; /* 0: the callee is the frame that the registers were taken in */
};

/* Finds the caller's registers. false: this method cannot tell; then *ret may hold anything. */
typedef bool unwind_method_fn(const struct unwind_request *request, struct cpu_state *ret);

/* Looks for the next stack word that can be a return address (scan.c). */
bool unwind_scan(const struct unwind_request *request, struct cpu_state *ret);

/* Whether code bytes, the last of which stand right before a return address, end with a call instruction (x86 and amd64). */
bool unwind_ends_with_call(const uint8_t *code, size_t size);

#endif
