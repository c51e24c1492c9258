/* code_list.h - the exception codes that have a name: one list for code.c, which knows the names, and code_class.c, which goes into every
 * client and does without them. X(code, fatal, name)
 *
 * fatal: ends the program unless handled, and is not an ordinary way to hand on an error. C++ and CLR exceptions are thrown and caught all
 * day; breakpoints, single steps and guard pages belong to debuggers and to the stack's growth.
 */
#ifndef SALVOR_PROTO_CODE_LIST_H
#define SALVOR_PROTO_CODE_LIST_H

#define CODE_LIST(X)                                                                                                                       \
    X(CODE_DUMP_WITHOUT_CRASH, false, "SIMULATED")                                                                                         \
    X(CODE_ABORT, true, "STATUS_FATAL_APP_EXIT")                                                                                           \
    X(0x4000001f, false, "STATUS_WX86_BREAKPOINT")                                                                                         \
    X(0x4000001e, false, "STATUS_WX86_SINGLE_STEP")                                                                                        \
    X(0x40010004, false, "DBG_TERMINATE_PROCESS")                                                                                          \
    X(0x40010005, false, "DBG_CONTROL_C")                                                                                                  \
    X(0x40010006, false, "DBG_PRINTEXCEPTION_C")                                                                                           \
    X(0x4001000a, false, "DBG_PRINTEXCEPTION_WIDE_C")                                                                                      \
    X(0x406d1388, false, "MS_VC_EXCEPTION")                                                                                                \
    X(0x80000001, false, "EXCEPTION_GUARD_PAGE")                                                                                           \
    X(0x80000002, true, "EXCEPTION_DATATYPE_MISALIGNMENT")                                                                                 \
    X(CODE_BREAKPOINT, false, "EXCEPTION_BREAKPOINT")                                                                                      \
    X(CODE_SINGLE_STEP, false, "EXCEPTION_SINGLE_STEP")                                                                                    \
    X(CODE_ACCESS_VIOLATION, true, "EXCEPTION_ACCESS_VIOLATION")                                                                           \
    X(CODE_IN_PAGE_ERROR, true, "EXCEPTION_IN_PAGE_ERROR")                                                                                 \
    X(0xc0000008, true, "EXCEPTION_INVALID_HANDLE")                                                                                        \
    X(CODE_INVALID_PARAMETER, false, "STATUS_INVALID_PARAMETER")                                                                           \
    X(0xc0000017, true, "STATUS_NO_MEMORY")                                                                                                \
    X(CODE_ILLEGAL_INSTRUCTION, true, "EXCEPTION_ILLEGAL_INSTRUCTION")                                                                     \
    X(CODE_PURECALL, true, "EXCEPTION_NONCONTINUABLE_EXCEPTION")                                                                           \
    X(0xc0000026, true, "EXCEPTION_INVALID_DISPOSITION")                                                                                   \
    X(0xc000008c, true, "EXCEPTION_ARRAY_BOUNDS_EXCEEDED")                                                                                 \
    X(0xc000008d, true, "EXCEPTION_FLT_DENORMAL_OPERAND")                                                                                  \
    X(0xc000008e, true, "EXCEPTION_FLT_DIVIDE_BY_ZERO")                                                                                    \
    X(0xc000008f, true, "EXCEPTION_FLT_INEXACT_RESULT")                                                                                    \
    X(0xc0000090, true, "EXCEPTION_FLT_INVALID_OPERATION")                                                                                 \
    X(0xc0000091, true, "EXCEPTION_FLT_OVERFLOW")                                                                                          \
    X(0xc0000092, true, "EXCEPTION_FLT_STACK_CHECK")                                                                                       \
    X(0xc0000093, true, "EXCEPTION_FLT_UNDERFLOW")                                                                                         \
    X(CODE_INT_DIVIDE_BY_ZERO, true, "EXCEPTION_INT_DIVIDE_BY_ZERO")                                                                       \
    X(0xc0000095, true, "EXCEPTION_INT_OVERFLOW")                                                                                          \
    X(CODE_PRIVILEGED_INSTRUCTION, true, "EXCEPTION_PRIV_INSTRUCTION")                                                                     \
    X(CODE_STACK_OVERFLOW, true, "EXCEPTION_STACK_OVERFLOW")                                                                               \
    X(0xc000012d, false, "STATUS_COMMITMENT_LIMIT")                                                                                        \
    X(0xc0000135, false, "STATUS_DLL_NOT_FOUND")                                                                                           \
    X(0xc0000138, false, "STATUS_ORDINAL_NOT_FOUND")                                                                                       \
    X(0xc0000139, false, "STATUS_ENTRYPOINT_NOT_FOUND")                                                                                    \
    X(0xc000013a, false, "STATUS_CONTROL_C_EXIT")                                                                                          \
    X(0xc0000142, false, "STATUS_DLL_INIT_FAILED")                                                                                         \
    X(0xc0000144, true, "STATUS_UNHANDLED_EXCEPTION")                                                                                      \
    X(0xc0000194, true, "EXCEPTION_POSSIBLE_DEADLOCK")                                                                                     \
    X(0xc000026b, false, "STATUS_DLL_INIT_FAILED_LOGOFF")                                                                                  \
    X(0xc00002b4, true, "STATUS_FLOAT_MULTIPLE_FAULTS")                                                                                    \
    X(0xc00002b5, true, "STATUS_FLOAT_MULTIPLE_TRAPS")                                                                                     \
    X(0xc00002c9, true, "STATUS_REG_NAT_CONSUMPTION")                                                                                      \
    X(CODE_HEAP_CORRUPTION, true, "STATUS_HEAP_CORRUPTION")                                                                                \
    X(CODE_FAST_FAIL, true, "STATUS_STACK_BUFFER_OVERRUN")                                                                                 \
    X(0xc0000417, true, "STATUS_INVALID_CRUNTIME_PARAMETER")                                                                               \
    X(0xc0000420, true, "STATUS_ASSERTION_FAILURE")                                                                                        \
    X(0xc00004a2, true, "STATUS_ENCLAVE_VIOLATION")                                                                                        \
    X(CODE_FAIL_FAST_EXCEPTION, true, "STATUS_FAIL_FAST_EXCEPTION")                                                                        \
    X(0xc000070a, true, "STATUS_THREADPOOL_HANDLE_EXCEPTION")                                                                              \
    X(0xc0150010, true, "STATUS_SXS_INVALID_DEACTIVATION")                                                                                 \
    X(0xc015000f, true, "STATUS_SXS_EARLY_DEACTIVATION")                                                                                   \
    X(0xc06d007e, false, "DELAY_LOAD_MODULE_NOT_FOUND")                                                                                    \
    X(0xc06d007f, false, "DELAY_LOAD_PROCEDURE_NOT_FOUND")                                                                                 \
    X(CODE_HANG, false, "STATUS_APPLICATION_HANG")                                                                                         \
    X(0xe0000008, false, "OUT_OF_MEMORY")                                                                                                  \
    X(CODE_CPP_MSVC, false, "UNHANDLED_CPP_EXCEPTION")                                                                                     \
    X(CODE_CPP_GCC, false, "UNHANDLED_CPP_EXCEPTION")                                                                                      \
    X(CODE_CLR, false, "CLR_EXCEPTION")

#endif
