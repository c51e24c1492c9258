/* crash.h - the kinds of death that salvor-sample can die; one file each. */
#ifndef SALVOR_TESTS_CRASH_H
#define SALVOR_TESTS_CRASH_H
#include <stdint.h>

#if defined(_MSC_VER)
#define CRASH_NOINLINE __declspec(noinline)
#else
#define CRASH_NOINLINE __attribute__((noinline))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* -- site.c: prints `site begin=0x... end=0x... thread=...`: where the exception's address will lie, and in which thread -- */
void crash_site(uintptr_t function);
void crash_site_raised(void);  /* in RaiseException */
void crash_site_program(void); /* anywhere in the program, which holds the client's code */

/* -- ucrt.c: a function of the universal CRT, whose hooks are set -- */
void *crash_ucrt(const char *function);

/* Each dies and does not return. */
void crash_write_av(void);  /* writes to address 0x10 */
void crash_read_av(void);   /* reads from address 0x20 */
void crash_divide(void);    /* integer division by zero */
void crash_fast_fail(void); /* __fastfail(7) */
void crash_fast_fail_cookie(void);
void crash_fast_fail_list(void);
void crash_fast_fail_argument(void);
void crash_fast_fail_call(void);
void crash_fail_fast(void);      /* RaiseFailFastException */
void crash_abort(void);          /* abort() */
void crash_stack_overflow(void); /* by frames of about crash_frame_bytes */
void crash_low_stack(void);      /* a write to address 0x10 with crash_left_bytes left above what an overflow leaves */
extern unsigned crash_frame_bytes, crash_left_bytes;
void crash_illegal(void); /* ud2 */
void crash_exec_av(void); /* calls address 0x30 */
void crash_raise(void);   /* RaiseException(0xE0001234) */
void crash_heap(void);    /* RaiseException(0xC0000374) */
void crash_in_page(void); /* RaiseException(0xC0000006) */
void crash_privileged(void);
void crash_breakpoint(void);
void crash_invalid_parameter(void);
void crash_purecall(void);
void crash_stack_hole(void);
void crash_loader_lock(void);
void crash_loader_lock_held(void);
void crash_heap_lock(void); /* held by another thread */
void crash_two_threads(void);
void crash_throw_msvc(void);    /* C++ as Microsoft's compiler has it */
void crash_scribble_zero(void); /* writes over its heap and what it shares, then faults; the three after it, too */
void crash_scribble_ones(void);
void crash_scribble_noise(void);
void crash_scribble_wait(void);
void crash_scribble_fast_fail(void);
void crash_scribble_stack(void);
void crash_throw_main(void); /* C++, for the program's first thread; these two are in salvor-sample-cpp */
void crash_throw_thread(void);

#ifdef __cplusplus
}
#endif

#endif
