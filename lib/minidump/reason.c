/* reason.c - exception codes and their parameters turned into a type and a sentence; wording of types follows rust-minidump. */
#include "minidump/reason.h"
#include "proto/code.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NULL_ZONE_BYTES 0x10000u /* Windows never maps the first 64 KiB */

struct name {
    uint32_t code;
    const char *text;
};

static const char *name_find(const struct name *names, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++)
        if (names[i].code == code)
            return names[i].text;
    return NULL;
}
#define NAME_FIND(table, code) name_find(table, sizeof(table) / sizeof((table)[0]), code)

/* NTSTATUS values that an in-page error carries in its third parameter (ntstatus.h). */
static const struct name page_statuses[] = {
    {0xc000000e, "STATUS_NO_SUCH_DEVICE"},
    {0xc0000011, "STATUS_END_OF_FILE"},
    {0xc0000022, "STATUS_ACCESS_DENIED"},
    {0xc0000056, "STATUS_DELETE_PENDING"},
    {0xc000007f, "STATUS_DISK_FULL"},
    {0xc0000098, "STATUS_FILE_INVALID"},
    {0xc000009a, "STATUS_INSUFFICIENT_RESOURCES"},
    {0xc000009c, "STATUS_DEVICE_DATA_ERROR"},
    {0xc000009d, "STATUS_DEVICE_NOT_CONNECTED"},
    {0xc00000b5, "STATUS_IO_TIMEOUT"},
    {0xc00000be, "STATUS_BAD_NETWORK_PATH"},
    {0xc00000c4, "STATUS_UNEXPECTED_NETWORK_ERROR"},
    {0xc00000c9, "STATUS_NETWORK_NAME_DELETED"},
    {0xc000012d, "STATUS_COMMITMENT_LIMIT"},
    {0xc000016a, "STATUS_DISK_OPERATION_FAILED"},
    {0xc0000185, "STATUS_IO_DEVICE_ERROR"},
    {0xc000020c, "STATUS_CONNECTION_DISCONNECTED"},
    {0xc0000221, "STATUS_IMAGE_CHECKSUM_MISMATCH"},
    {0xc000026e, "STATUS_VOLUME_DISMOUNTED"},
};

/* Types that rust-minidump words on its own. */
static const struct name special_types[] = {
    {CODE_DUMP_WITHOUT_CRASH, "Simulated Exception"},
    {0xe0000008, "Out of Memory"},
    {CODE_CPP_MSVC, "Unhandled C++ Exception"},
};

static const struct name sentences[] = {
    {CODE_DUMP_WITHOUT_CRASH, "no crash: the program asked for a dump"},
    {0x80000001, "a guard page was touched"},
    {0x80000002, "misaligned data was accessed"},
    {CODE_BREAKPOINT, "a breakpoint was hit"},
    {CODE_SINGLE_STEP, "a single step was trapped"},
    {0xc0000008, "an invalid handle was used"},
    {CODE_ILLEGAL_INSTRUCTION, "an illegal instruction was executed"},
    {CODE_PURECALL, "a pure virtual function was called, or an exception that cannot be continued was"},
    {0xc0000026, "an exception handler returned an invalid disposition"},
    {0xc000008c, "an array bound was exceeded"},
    {0xc000008d, "floating point: denormal operand"},
    {0xc000008e, "floating point: division by zero"},
    {0xc000008f, "floating point: inexact result"},
    {0xc0000090, "floating point: invalid operation"},
    {0xc0000091, "floating point: overflow"},
    {0xc0000092, "floating point: stack check"},
    {0xc0000093, "floating point: underflow"},
    {CODE_INT_DIVIDE_BY_ZERO, "an integer was divided by zero"},
    {0xc0000095, "an integer overflowed"},
    {CODE_PRIVILEGED_INSTRUCTION, "a privileged instruction was executed"},
    {CODE_STACK_OVERFLOW, "the stack overflowed"},
    {0xc0000135, "a DLL that the program needs was not found"},
    {0xc0000138, "an ordinal that the program needs was not found in a DLL"},
    {0xc0000139, "a function that the program needs was not found in a DLL"},
    {0xc0000142, "a DLL failed to start"},
    {0xc0000194, "a possible deadlock was found"},
    {CODE_HEAP_CORRUPTION, "the heap was found corrupted"},
    {0xc0000417, "an invalid parameter was given to a function of the C runtime"},
    {0xc000041d, "an exception came out of a user-mode callback"},
    {0xc0000420, "an assertion failed"},
    {CODE_FAIL_FAST_EXCEPTION, "the program ended itself (fail-fast exception)"},
    {0xc06d007e, "delay loading: a DLL was not found"},
    {0xc06d007f, "delay loading: a function was not found in a DLL"},
    {CODE_CLR, "a .NET exception was not handled"},
    {0xe0000008, "out of memory"},
    {CODE_CPP_MSVC, "a C++ exception was not handled"},
    {CODE_CPP_GCC, "a C++ exception was not handled"},
    {CODE_ABORT, "abort() was called"},
    {CODE_INVALID_PARAMETER, "an invalid parameter was given to a function of the C runtime"},
    {CODE_HANG, "the program hung"},
};

static const struct name signals[] = {
    {1, "SIGHUP"},   {2, "SIGINT"},   {3, "SIGQUIT"},    {4, "SIGILL"},   {5, "SIGTRAP"},
    {6, "SIGABRT"},  {7, "SIGBUS"},   {8, "SIGFPE"},     {9, "SIGKILL"},  {10, "SIGUSR1"},
    {11, "SIGSEGV"}, {12, "SIGUSR2"}, {13, "SIGPIPE"},   {14, "SIGALRM"}, {15, "SIGTERM"},
    {24, "SIGXCPU"}, {25, "SIGXFSZ"}, {26, "SIGVTALRM"}, {31, "SIGSYS"},  {0xffffffff, "DUMP_REQUESTED"},
};
static const struct name mach_exceptions[] = {
    {1, "EXC_BAD_ACCESS"}, {2, "EXC_BAD_INSTRUCTION"}, {3, "EXC_ARITHMETIC"}, {4, "EXC_EMULATION"},
    {5, "EXC_SOFTWARE"},   {6, "EXC_BREAKPOINT"},      {7, "EXC_SYSCALL"},    {8, "EXC_MACH_SYSCALL"},
    {9, "EXC_RPC_ALERT"},  {10, "EXC_CRASH"},          {11, "EXC_RESOURCE"},  {12, "EXC_GUARD"},
};

/* An access as the first parameter of access violations and in-page errors gives it. */
struct access {
    const char *suffix, *verb;
};

static struct access access_of(uint64_t parameter)
{
    switch (parameter) {
    case 0:
        return (struct access){"READ", "reading"};
    case 1:
        return (struct access){"WRITE", "writing"};
    case 8:
        return (struct access){"EXEC", "executing"};
    default:
        return (struct access){NULL, "accessing"};
    }
}

static void typed_access(struct minidump_reason *ret, const char *name, struct access access)
{
    snprintf(ret->type, sizeof(ret->type), "%s%s%s", name, access.suffix ? "_" : "", access.suffix ? access.suffix : "");
}

static int address_digits(const struct minidump *minidump)
{
    return (int)cpu_layout(minidump->system.cpu)->pointer_bytes * 2;
}

static void access_violation(const struct minidump *minidump, struct minidump_reason *ret)
{
    struct access access = access_of(minidump->exception.parameters[0]);

    typed_access(ret, "EXCEPTION_ACCESS_VIOLATION", access);
    /* amd64 reports a general protection fault as a read of the highest address. */
    if (minidump->system.cpu == CPU_AMD64 && ret->address == UINT64_MAX) {
        ret->address_known = false;
        snprintf(ret->sentence, sizeof(ret->sentence),
                 "access violation at an address that is not canonical (the processor does not tell which)");
        return;
    }
    snprintf(ret->sentence, sizeof(ret->sentence), "access violation %s 0x%0*" PRIx64 "%s", access.verb, address_digits(minidump),
             ret->address, ret->address < NULL_ZONE_BYTES ? " (close to null)" : "");
}

static void in_page_error(const struct minidump *minidump, struct minidump_reason *ret)
{
    const struct minidump_exception *exception = &minidump->exception;
    uint32_t code = (uint32_t)exception->parameters[2];
    const char *known = NAME_FIND(page_statuses, code);
    char status[48];
    size_t used;

    if (known)
        snprintf(status, sizeof(status), "%s", known);
    else
        snprintf(status, sizeof(status), "0x%08" PRIx32, code);
    typed_access(ret, "EXCEPTION_IN_PAGE_ERROR", access_of(exception->parameters[0]));
    used = strlen(ret->type);
    snprintf(ret->type + used, sizeof(ret->type) - used, " / %s", status);
    snprintf(ret->sentence, sizeof(ret->sentence), "the page at 0x%0*" PRIx64 " could not be brought in: %s", address_digits(minidump),
             ret->address, status);
}

static void fast_fail(uint64_t subcode, struct minidump_reason *ret)
{
    const char *name = code_fast_fail_name(subcode);

    if (name) {
        snprintf(ret->type, sizeof(ret->type), "EXCEPTION_STACK_BUFFER_OVERRUN / %s", name);
        snprintf(ret->sentence, sizeof(ret->sentence), "fast fail %" PRIu64 ": %s", subcode, name);
    } else {
        snprintf(ret->type, sizeof(ret->type), "EXCEPTION_STACK_BUFFER_OVERRUN / 0x%08" PRIx64, subcode);
        snprintf(ret->sentence, sizeof(ret->sentence), "fast fail %" PRIu64, subcode);
    }
}

static void windows_reason(const struct minidump *minidump, struct minidump_reason *ret)
{
    const struct minidump_exception *exception = &minidump->exception;
    const char *type = NAME_FIND(special_types, exception->code), *sentence = NAME_FIND(sentences, exception->code);
    uint64_t subcode;

    if ((exception->code == CODE_ACCESS_VIOLATION || exception->code == CODE_IN_PAGE_ERROR) && exception->parameter_count >= 2) {
        ret->address = exception->parameters[1];
        if (cpu_layout(minidump->system.cpu)->pointer_bytes == 4)
            ret->address = (uint32_t)ret->address;
        if (exception->code == CODE_ACCESS_VIOLATION)
            access_violation(minidump, ret);
        else
            in_page_error(minidump, ret);
        return;
    }
    if (minidump_fast_fail(minidump, &subcode)) {
        fast_fail(subcode, ret);
        return;
    }
    if (!type)
        type = code_exception_name(exception->code);
    if (type)
        snprintf(ret->type, sizeof(ret->type), "%s", type);
    else
        snprintf(ret->type, sizeof(ret->type), "unknown 0x%08" PRIx32, exception->code);
    if (sentence || type)
        snprintf(ret->sentence, sizeof(ret->sentence), "%s", sentence ? sentence : type);
    else
        snprintf(ret->sentence, sizeof(ret->sentence), "exception 0x%08" PRIx32, exception->code);
}

static void foreign_reason(const struct minidump *minidump, struct minidump_reason *ret)
{
    uint32_t code = minidump->exception.code, platform = minidump->system.platform;
    bool mach = platform == MINIDUMP_OS_MAC || platform == MINIDUMP_OS_IOS;
    const char *name = mach ? NAME_FIND(mach_exceptions, code) : NAME_FIND(signals, code);

    if (name)
        snprintf(ret->type, sizeof(ret->type), "%s / 0x%08" PRIx32, name, minidump->exception.flags);
    else
        snprintf(ret->type, sizeof(ret->type), "unknown 0x%08" PRIx32 " / 0x%08" PRIx32, code, minidump->exception.flags);
    snprintf(ret->sentence, sizeof(ret->sentence), "%s at 0x%0*" PRIx64, name ? name : "an unknown exception", address_digits(minidump),
             ret->address);
}

bool minidump_fast_fail(const struct minidump *minidump, uint64_t *ret_subcode)
{
    const struct minidump_exception *exception = &minidump->exception;

    if (!exception->present || exception->code != CODE_FAST_FAIL || !exception->parameter_count)
        return false;
    *ret_subcode = exception->parameters[0];
    return true;
}

void minidump_reason(const struct minidump *minidump, struct minidump_reason *ret)
{
    memset(ret, 0, sizeof(*ret));
    if (!minidump->exception.present) {
        snprintf(ret->sentence, sizeof(ret->sentence), "the dump holds no exception");
        return;
    }
    ret->present = ret->address_known = true;
    ret->address = minidump->exception.address;
    if (cpu_layout(minidump->system.cpu)->pointer_bytes == 4)
        ret->address = (uint32_t)ret->address;
    if (minidump->system.present && minidump->system.platform != MINIDUMP_OS_WINDOWS)
        foreign_reason(minidump, ret);
    else
        windows_reason(minidump, ret);
}
