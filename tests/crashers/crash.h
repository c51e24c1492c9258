/* crash.h - the kinds of death that salvor-sample can die; one file each. */
#ifndef SALVOR_TESTS_CRASH_H
#define SALVOR_TESTS_CRASH_H

#if defined(_MSC_VER)
#define CRASH_NOINLINE __declspec(noinline)
#else
#define CRASH_NOINLINE __attribute__((noinline))
#endif

/* Each dies and does not return. */
void crash_write_av(void);  /* writes to address 0x10 */
void crash_read_av(void);   /* reads from address 0x20 */
void crash_divide(void);    /* integer division by zero */
void crash_fast_fail(void); /* __fastfail(FAST_FAIL_FATAL_APP_EXIT) */
void crash_abort(void);     /* abort() */
void crash_stack_overflow(void);
void crash_illegal(void); /* ud2 */
void crash_exec_av(void); /* calls address 0x30 */
void crash_raise(void);   /* RaiseException(0xE0001234) */
void crash_heap(void);    /* RaiseException(0xC0000374) */

#endif
