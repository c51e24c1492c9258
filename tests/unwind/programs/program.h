/* program.h - what the freestanding programs of this folder share: no C library, only functions that must not be merged or moved. */
#ifndef SALVOR_TESTS_UNWIND_PROGRAM_H
#define SALVOR_TESTS_UNWIND_PROGRAM_H

#define NOINLINE __attribute__((noinline))
#ifdef __i386__
#define CALLEE_POPS __attribute__((stdcall))
#else
#define CALLEE_POPS
#endif

typedef unsigned long long u64;

extern volatile u64 sink;
/* Values that the compiler cannot know. */
extern volatile u64 seed;

/* Keeps a pointer's target alive and unknown. */
static inline void escape(void *pointer)
{
    __asm__ volatile("" : : "r"(pointer) : "memory");
}

#endif
