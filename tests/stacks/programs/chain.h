/* chain.h - a program that knows its own call chain: each function notes where its calls return to, before it makes them.
 *
 * Outermost first, one line for each on stdout right before the fault:
 *   chain call NAME LINE ADDRESS     a real function that called another of ours; ADDRESS is where it goes on
 *   chain inline NAME LINE 0         a function inlined into the one before it, which called the next
 *   chain out NAME LINE ADDRESS      a real function that called the system
 *   chain foreign - 0 ADDRESS        the system's code that called back
 *   chain fault NAME LINE 0          where the fault is
 * The address of a call to one of ours is what the callee finds as its return address; of a call to the system it is that of a label. */
#ifndef SALVOR_TESTS_STACKS_CHAIN_H
#define SALVOR_TESTS_STACKS_CHAIN_H

#define NOINLINE   __attribute__((noinline))
#define MUSTINLINE inline __attribute__((always_inline))

enum chain_kind { CHAIN_CALL, CHAIN_INLINE, CHAIN_OUT, CHAIN_FOREIGN, CHAIN_FAULT };

void chain_push(enum chain_kind kind, const char *name, int line, const void *address);
void chain_pop(void);
/* First in every real function: the one below us goes on there. */
void chain_entered(const void *return_address);
void chain_print(void);

#define ENTER()      chain_entered(__builtin_return_address(0))
#define KEEP_FRAME() __asm__ volatile("" ::: "memory") /* so that the call before is no jump */

#define CALL_AS(kind, name, call)                                                                                                          \
    do {                                                                                                                                   \
        chain_push(kind, name, __LINE__, 0);                                                                                               \
        call;                                                                                                                              \
        chain_pop();                                                                                                                       \
        KEEP_FRAME();                                                                                                                      \
    } while (0)

#define CALL(name, call)        CALL_AS(CHAIN_CALL, name, call)
#define CALL_INLINE(name, call) CALL_AS(CHAIN_INLINE, name, call)

/* The label is a place that code can come to, so that the compiler leaves it where it is. */
#define CALL_OUT(name, call)                                                                                                               \
    do {                                                                                                                                   \
        __label__ back;                                                                                                                    \
        chain_push(CHAIN_OUT, name, __LINE__, &&back);                                                                                     \
        __asm__ goto("" : : : : back);                                                                                                     \
        call;                                                                                                                              \
    back:                                                                                                                                  \
        KEEP_FRAME();                                                                                                                      \
        chain_pop();                                                                                                                       \
    } while (0)

#define FAULT(name)                                                                                                                        \
    do {                                                                                                                                   \
        chain_push(CHAIN_FAULT, name, __LINE__, 0), chain_print(), *chain_nowhere = 1;                                                     \
    } while (0)

extern volatile int *volatile chain_nowhere;

#endif
