/* matrix_rows.h - the matrix: every death by every layer. tests/README.md shows it, and tests/check/matrix holds both and the closed list
 * of what only real Windows can show against it.
 *
 * ROW(name, sample's arguments, exception code, exit code when nothing but the exit watcher is there, reason as Breakpad's stackwalk prints
 *     it, SAMPLED or WHOLE, vectored handler, filter and CRT hooks, last resort, WER module, LocalDumps, exit watcher)
 *
 * SAMPLED rows meet every layer alone in `./dev test` too; all rows do under SALVOR_TEST_FULL=1, and all layers at once always. */
#ifndef SALVOR_TESTS_MATRIX_ROWS_H
#define SALVOR_TESTS_MATRIX_ROWS_H

enum matrix_cell {
    CAUGHT,
    NO_HANDLER,   /* no code of the dying process is told */
    NOT_YET,      /* at first chance it may still be handled, and often is: acted on when nobody did */
    NO_EXCEPTION, /* there is no exception; the CRT ends the process by itself */
    CRT_ENDS,     /* gcc's run-time takes it back and calls abort(), which tells nobody outside: exit code 3 */
    NEEDS_VEH,    /* the filter is not ours any more: the vectored observer takes it back */
    THREAD_ONLY,  /* Wine ends a fiber's thread alone, and the process goes on; the row below has no fiber */
    UNKNOWN,      /* the process was gone before any monitor had heard of it */
    WINDOWS,      /* only on real Windows: the closed list */
};

/* clang-format off */
#define MATRIX_ROWS(ROW) \
    ROW(read_av,                "read-av",                          0xc0000005, 0xc0000005, "EXCEPTION_ACCESS_VIOLATION_READ",    WHOLE,   CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT) \
    ROW(write_av,               "write-av",                         0xc0000005, 0xc0000005, "EXCEPTION_ACCESS_VIOLATION_WRITE",   SAMPLED, CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT) \
    ROW(execute_av,             "exec-av",                          0xc0000005, 0xc0000005, "EXCEPTION_ACCESS_VIOLATION_EXEC",    WHOLE,   CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT) \
    ROW(illegal_instruction,    "illegal",                          0xc000001d, 0xc000001d, "EXCEPTION_ILLEGAL_INSTRUCTION",      WHOLE,   CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT) \
    ROW(privileged_instruction, "privileged",                       0xc0000096, 0xc0000096, "EXCEPTION_PRIV_INSTRUCTION",         WHOLE,   CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT) \
    ROW(divide_by_zero,         "divide",                           0xc0000094, 0xc0000094, "EXCEPTION_INT_DIVIDE_BY_ZERO",       WHOLE,   CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT) \
    ROW(breakpoint,             "breakpoint --catch-breakpoint",    0x80000003, 0x80000003, "EXCEPTION_BREAKPOINT",               WHOLE,   NOT_YET,      CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT) \
    ROW(in_page_error,          "in-page",                          0xc0000006, 0xc0000006, "EXCEPTION_IN_PAGE_ERROR_READ",       WHOLE,   CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT) \
    ROW(raised,                 "raise",                            0xe0001234, 0xe0001234, "0xe0001234",                         WHOLE,   NOT_YET,      CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT) \
    ROW(throw_main,             "throw",                            0x40000015, 3,          "0x40000015",                         WHOLE,   NOT_YET,      CAUGHT,       CAUGHT,       CRT_ENDS,     CRT_ENDS,      CAUGHT) \
    ROW(throw_thread,           "throw-thread --thread",            0x20474343, 3,          "0x20474343",                         WHOLE,   NOT_YET,      CAUGHT,       CAUGHT,       CRT_ENDS,     CRT_ENDS,     CAUGHT) \
    ROW(throw_msvc,             "throw-msvc",                       0xe06d7363, 0xe06d7363, "Unhandled C++ Exception",             WHOLE,   NOT_YET,      CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT) \
    ROW(throw_msvc_thread,      "throw-msvc --thread",              0xe06d7363, 0xe06d7363, "Unhandled C++ Exception",             WHOLE,   NOT_YET,      CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT) \
    ROW(abort,                  "abort",                            0x40000015, 3,          "0x40000015",                         SAMPLED, NO_EXCEPTION, CAUGHT,       CAUGHT,       WINDOWS,      WINDOWS,      CAUGHT) \
    ROW(abort_thread,           "abort --thread",                   0x40000015, 3,          "0x40000015",                         WHOLE,   NO_EXCEPTION, CAUGHT,       CAUGHT,       WINDOWS,      WINDOWS,      CAUGHT) \
    ROW(invalid_parameter,      "invalid-parameter",                0xc000000d, 0xc0000417, "0xc000000d",                         WHOLE,   NO_EXCEPTION, CAUGHT,       CAUGHT,       WINDOWS,      WINDOWS,      CAUGHT) \
    ROW(pure_call,              "purecall",                         0xc0000025, 255,        "EXCEPTION_NONCONTINUABLE_EXCEPTION", WHOLE,   NO_EXCEPTION, CAUGHT,       CAUGHT,       WINDOWS,      WINDOWS,      CAUGHT) \
    ROW(stack_overflow,         "stack-overflow",                   0xc00000fd, 0xc00000fd, "EXCEPTION_STACK_OVERFLOW",           WHOLE,   CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT) \
    ROW(stack_overflow_thread,  "stack-overflow --thread",          0xc00000fd, 0xc00000fd, "EXCEPTION_STACK_OVERFLOW",           SAMPLED, CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT) \
    ROW(heap_corruption,        "heap",                             0xc0000374, 0xc0000374, "EXCEPTION_HEAP_CORRUPTION",           WHOLE,   CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT) \
    ROW(fast_fail_2,            "fast-fail-2",                      0xc0000409, 0xc0000409, "FAST_FAIL_STACK_COOKIE_CHECK_FAILURE",WHOLE,   NO_HANDLER,   NO_HANDLER,   NO_HANDLER,   CAUGHT,       CAUGHT,       CAUGHT) \
    ROW(fast_fail_3,            "fast-fail-3",                      0xc0000409, 0xc0000409, "FAST_FAIL_CORRUPT_LIST_ENTRY",        WHOLE,   NO_HANDLER,   NO_HANDLER,   NO_HANDLER,   CAUGHT,       CAUGHT,       CAUGHT) \
    ROW(fast_fail_5,            "fast-fail-5",                      0xc0000409, 0xc0000409, "FAST_FAIL_INVALID_ARG",               WHOLE,   NO_HANDLER,   NO_HANDLER,   NO_HANDLER,   CAUGHT,       CAUGHT,       CAUGHT) \
    ROW(fast_fail_7,            "fast-fail",                        0xc0000409, 0xc0000409, "FAST_FAIL_FATAL_APP_EXIT",            SAMPLED, NO_HANDLER,   NO_HANDLER,   NO_HANDLER,   CAUGHT,       CAUGHT,       CAUGHT) \
    ROW(fast_fail_10,           "fast-fail-10",                     0xc0000409, 0xc0000409, "FAST_FAIL_GUARD_ICALL_CHECK_FAILURE", WHOLE,   NO_HANDLER,   NO_HANDLER,   NO_HANDLER,   CAUGHT,       CAUGHT,       CAUGHT) \
    ROW(fail_fast_exception,    "fail-fast",                        0xc0000602, 0xc0000602, "0xc0000602",                         WHOLE,   NO_HANDLER,   NO_HANDLER,   NO_HANDLER,   WINDOWS,      WINDOWS,      CAUGHT) \
    ROW(terminated,             "wait-write-av",                    0x00000000, 1,      "",                                   SAMPLED, NO_HANDLER,   NO_HANDLER,   NO_HANDLER,   NO_HANDLER,   NO_HANDLER,   CAUGHT) \
    ROW(another_thread,         "write-av --thread",                0xc0000005, 0xc0000005, "EXCEPTION_ACCESS_VIOLATION_WRITE",   WHOLE,   CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT) \
    ROW(two_threads,            "two-threads",                      0xc0000005, 0xc0000005, "EXCEPTION_ACCESS_VIOLATION_WRITE",   WHOLE,   CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT) \
    ROW(loader_lock,            "loader-lock",                      0xc0000005, 0xc0000005, "EXCEPTION_ACCESS_VIOLATION_WRITE",   WHOLE,   CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       THREAD_ONLY) \
    ROW(loader_lock_held,       "loader-lock-held",                 0xc0000005, 0xc0000005, "EXCEPTION_ACCESS_VIOLATION_WRITE",   WHOLE,   CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT) \
    ROW(stack_hole,             "stack-hole",                       0xc0000005, 0xc0000005, "EXCEPTION_ACCESS_VIOLATION_WRITE",   WHOLE,   CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT) \
    ROW(before_monitor,         "write-av --no-wait",               0xc0000005, 0xc0000005, "EXCEPTION_ACCESS_VIOLATION_WRITE",   WHOLE,   CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       UNKNOWN) \
    ROW(filter_replaced,        "write-av --replace-filter",        0xc0000005, 0xc0000005, "EXCEPTION_ACCESS_VIOLATION_WRITE",   WHOLE,   CAUGHT,       NEEDS_VEH,    CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT) \
    ROW(filter_faults,          "write-av --filter fault",          0xc0000005, 0xc0000005, "EXCEPTION_ACCESS_VIOLATION_WRITE",   WHOLE,   CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,       CAUGHT,      CAUGHT)
/* clang-format on */

#endif
