/* exit_code.h - what a process's end says about it. */
#ifndef SALVOR_COLLECTOR_EXIT_CODE_H
#define SALVOR_COLLECTOR_EXIT_CODE_H
#include <stdbool.h>
#include <stdint.h>

enum exit_verdict {
    EXIT_ORDERLY, /* it ended on purpose, or with its session */
    EXIT_KILLED,  /* ended without its clean-exit marker and without an exception's code: by TerminateProcess, or msvcrt's abort */
    EXIT_CRASHED  /* ended with an exception's code */
};

/* is_clean: the client set its clean-exit marker. */
enum exit_verdict exit_code_judge(uint32_t code, bool is_clean);

#endif
