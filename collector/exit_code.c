/* exit_code.c - a table of exit codes (ntstatus.h). */
#include "exit_code.h"
#include "proto/code.h"
#include <stddef.h>

/* How processes end with their console, their session or their debugger. */
static const uint32_t orderly[] = {
    0x40010004u, /* DBG_TERMINATE_PROCESS: logoff and shutdown */
    0x40010005u, /* DBG_CONTROL_C */
    0xc000013au, /* STATUS_CONTROL_C_EXIT */
    0xc000026bu, /* STATUS_DLL_INIT_FAILED_LOGOFF */
};

/* An NTSTATUS of severity error, from the system (0xC) or from a run-time or program (0xE), and what is fatal without being one. -1 and its
 * neighbours (0xF) are small numbers. */
static bool is_exception(uint32_t code)
{
    return code >> 28 == 0xc || code >> 28 == 0xe || code == CODE_BREAKPOINT || code == CODE_SINGLE_STEP || code == CODE_ABORT ||
           code == CODE_CPP_GCC;
}

enum exit_verdict exit_code_judge(uint32_t code, bool is_clean)
{
    if (is_clean)
        return EXIT_ORDERLY;
    for (size_t i = 0; i < sizeof orderly / sizeof *orderly; i++)
        if (code == orderly[i])
            return EXIT_ORDERLY;
    return is_exception(code) ? EXIT_CRASHED : EXIT_KILLED;
}
