/* code.h - names of exception codes, fast-fail subcodes and exit codes (winnt.h, ntstatus.h). */
#ifndef SALVOR_PROTO_CODE_H
#define SALVOR_PROTO_CODE_H
#include <stdbool.h>
#include <stdint.h>

#define CODE_BREAKPOINT             0x80000003u
#define CODE_SINGLE_STEP            0x80000004u
#define CODE_ACCESS_VIOLATION       0xc0000005u
#define CODE_IN_PAGE_ERROR          0xc0000006u
#define CODE_ILLEGAL_INSTRUCTION    0xc000001du
#define CODE_INT_DIVIDE_BY_ZERO     0xc0000094u
#define CODE_PRIVILEGED_INSTRUCTION 0xc0000096u
#define CODE_STACK_OVERFLOW         0xc00000fdu
#define CODE_HEAP_CORRUPTION        0xc0000374u
#define CODE_FAST_FAIL              0xc0000409u /* STATUS_STACK_BUFFER_OVERRUN: every __fastfail */
#define CODE_FAIL_FAST_EXCEPTION    0xc0000602u
#define CODE_CPP_MSVC               0xe06d7363u
#define CODE_CPP_GCC                0x20474343u
#define CODE_CLR                    0xe0434352u
/* Records that we make for deaths without an exception carry the codes that the field's readers know. */
#define CODE_ABORT              0x40000015u /* STATUS_FATAL_APP_EXIT, as Crashpad */
#define CODE_INVALID_PARAMETER  0xc000000du /* STATUS_INVALID_PARAMETER, as Breakpad */
#define CODE_PURECALL           0xc0000025u /* STATUS_NONCONTINUABLE_EXCEPTION, as Breakpad */
#define CODE_DUMP_WITHOUT_CRASH 0x0517a7edu /* Crashpad's simulated exception */
#define CODE_HANG               0xcfffffffu /* STATUS_APPLICATION_HANG */

/* "EXCEPTION_ACCESS_VIOLATION", or NULL for a code without a name. Static. */
const char *code_exception_name(uint32_t code);
/* "FAST_FAIL_FATAL_APP_EXIT" for 7, or NULL. Static. */
const char *code_fast_fail_name(uint64_t subcode);
/* Codes that end a program unless somebody handles them: what the vectored observer takes down. */
bool code_is_fatal_class(uint32_t code);

#endif
