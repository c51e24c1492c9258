/* minidump_writer.c - writes a dump through dbghelp, loaded from System32 only.
 *
 * The exception pointers are built here, in our own memory, from the copied block (ClientPointers = FALSE): the target's memory may be
 * damaged, and its pointers are not ours to follow. */
#include "writer/minidump_writer.h"
#include <stdbool.h>
#include <string.h>
/* After windows.h. */
#include <dbghelp.h>

typedef BOOL(WINAPI *write_dump_function)(HANDLE, DWORD, HANDLE, MINIDUMP_TYPE, PMINIDUMP_EXCEPTION_INFORMATION,
                                          PMINIDUMP_USER_STREAM_INFORMATION, PMINIDUMP_CALLBACK_INFORMATION);

typedef BOOL(WINAPI *initialize_function)(HANDLE, PCSTR, BOOL);
typedef BOOL(WINAPI *cleanup_function)(HANDLE);

#if defined(_WIN64)
#define OUR_POINTER_BITS 64
#else
#define OUR_POINTER_BITS 32
#endif

struct fault {
    EXCEPTION_RECORD record;
    CONTEXT context;
    EXCEPTION_POINTERS pointers;
    MINIDUMP_EXCEPTION_INFORMATION information;
};

static write_dump_function write_dump;
static struct {
    initialize_function initialize;
    cleanup_function cleanup;
} symbols;

enum status minidump_prepare(void)
{
    HMODULE module;

    if (write_dump)
        return ST_OK;
    module = LoadLibraryExW(L"dbghelp.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    /* Through void (*)(void), the one cast of function pointers that compilers take as meant. */
    write_dump = module ? (write_dump_function)(void (*)(void))GetProcAddress(module, "MiniDumpWriteDump") : NULL;
    symbols.initialize = module ? (initialize_function)(void (*)(void))GetProcAddress(module, "SymInitialize") : NULL;
    symbols.cleanup = module ? (cleanup_function)(void (*)(void))GetProcAddress(module, "SymCleanup") : NULL;
    return write_dump ? ST_OK : ST_NOT_FOUND;
}

static MINIDUMP_TYPE dump_type(uint32_t kind)
{
    unsigned common = MiniDumpWithUnloadedModules | MiniDumpWithThreadInfo | MiniDumpWithProcessThreadData;

    switch (kind) {
    case MINIDUMP_KIND_MINI:
        return (MINIDUMP_TYPE)common;
    case MINIDUMP_KIND_FULL:
        return (MINIDUMP_TYPE)(common | MiniDumpWithFullMemory | MiniDumpWithFullMemoryInfo | MiniDumpWithHandleData);
    default:
        return (MINIDUMP_TYPE)(common | MiniDumpWithIndirectlyReferencedMemory | MiniDumpWithFullMemoryInfo);
    }
}

#if defined(_M_X64) || defined(__x86_64__)
/* A 32-bit client of a 64-bit monitor: dbghelp wants a CONTEXT of our own kind, so the registers are widened. */
static bool widen_context(CONTEXT *ret, const struct block_exception *exception)
{
    WOW64_CONTEXT from;

    if (exception->context_size_bytes != sizeof from)
        return false;
    memcpy(&from, exception->context, sizeof from);
    memset(ret, 0, sizeof *ret);
    ret->ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER; /* NOLINT(misc-redundant-expression): both hold the CPU's bit */
    ret->Rip = from.Eip, ret->Rsp = from.Esp, ret->Rbp = from.Ebp;
    ret->Rax = from.Eax, ret->Rbx = from.Ebx, ret->Rcx = from.Ecx, ret->Rdx = from.Edx;
    ret->Rsi = from.Esi, ret->Rdi = from.Edi;
    ret->SegCs = (WORD)from.SegCs, ret->SegSs = (WORD)from.SegSs, ret->EFlags = from.EFlags;
    return true;
}
#else
static bool widen_context(CONTEXT *ret, const struct block_exception *exception)
{
    (void)ret;
    (void)exception;
    return false;
}
#endif

static bool fault_init(struct fault *ret, const struct minidump_request *request)
{
    const struct block_exception *from = request->exception;

    if (!from || from->context_size_bytes == 0)
        return false;
    memset(ret, 0, sizeof *ret);
    if (request->pointer_bits == OUR_POINTER_BITS && from->context_size_bytes == sizeof ret->context)
        memcpy(&ret->context, from->context, sizeof ret->context);
    else if (!widen_context(&ret->context, from))
        return false;
    ret->record.ExceptionCode = from->code;
    ret->record.ExceptionFlags = from->flags;
    ret->record.ExceptionAddress = (void *)(uintptr_t)from->address;
    ret->record.NumberParameters = from->parameter_count;
    for (uint32_t i = 0; i < from->parameter_count && i < EXCEPTION_MAXIMUM_PARAMETERS; i++)
        ret->record.ExceptionInformation[i] = (ULONG_PTR)from->parameters[i];
    ret->pointers = (EXCEPTION_POINTERS){&ret->record, &ret->context};
    ret->information = (MINIDUMP_EXCEPTION_INFORMATION){from->thread_id, &ret->pointers, FALSE};
    return true;
}

/* The thread that writes a dump of its own process is none of the program's; and Wine gives it the fault's registers beside its own stack.
 */
static bool is_writer(const struct minidump_request *request, ULONG thread_id)
{
    return request->pid == GetCurrentProcessId() && thread_id == GetCurrentThreadId();
}

static BOOL CALLBACK on_step(void *context, const PMINIDUMP_CALLBACK_INPUT input, PMINIDUMP_CALLBACK_OUTPUT output)
{
    const struct minidump_request *request = context;

    if (request->progress)
        request->progress(request->context);
    switch (input->CallbackType) {
    case CancelCallback:
        output->Cancel = FALSE;
        output->CheckCancel = TRUE; /* asked again and again during memory: that is our pulse */
        return TRUE;
    case ThreadCallback:
        return !is_writer(request, input->Thread.ThreadId);
    case ThreadExCallback:
        return !is_writer(request, input->ThreadEx.ThreadId);
    case IncludeThreadCallback: /* Windows asks before the other two, Wine does not ask */
        return !is_writer(request, input->IncludeThread.ThreadId);
    case ModuleCallback:
    case IncludeModuleCallback:
        return TRUE;
    default:
        return FALSE;
    }
}

/* Wine's MiniDumpWriteDump reads the debug information of every module of a process that it knows nothing of yet, and copies each
 * function's unwind information one by one (without the table that leads to it): 95 % of its time, for nothing that a dump needs. It does
 * neither for a process that is known by its handle alone. Windows' own does not look at any of this. */
static bool know_process(HANDLE process)
{
    return symbols.initialize && symbols.cleanup && symbols.initialize(process, NULL, FALSE);
}

static BOOL write_known(const struct minidump_request *request, MINIDUMP_EXCEPTION_INFORMATION *fault,
                        MINIDUMP_USER_STREAM_INFORMATION *streams, MINIDUMP_CALLBACK_INFORMATION *callback)
{
    bool is_ours = know_process(request->process); /* a program that uses dbghelp itself may be known already */
    BOOL written = write_dump(request->process, request->pid, request->file, dump_type(request->kind), fault, streams, callback);
    DWORD error = GetLastError();

    if (is_ours)
        symbols.cleanup(request->process);
    SetLastError(error);
    return written;
}

enum status minidump_write(const struct minidump_request *request, const char **ret_why, DWORD *ret_error)
{
    MINIDUMP_USER_STREAM streams[MINIDUMP_MAX_STREAMS];
    MINIDUMP_USER_STREAM_INFORMATION stream_list = {(ULONG)request->stream_count, streams};
    MINIDUMP_CALLBACK_INFORMATION callback = {on_step, (void *)(uintptr_t)request};
    static struct fault fault; /* a context and more: too much for a stack under test tools, and there is one call at a time */

    if (request->stream_count > MINIDUMP_MAX_STREAMS)
        return ST_ARGUMENT;
    for (size_t i = 0; i < request->stream_count; i++)
        streams[i] = (MINIDUMP_USER_STREAM){request->streams[i].type, (ULONG)request->streams[i].bytes.len,
                                            (void *)(uintptr_t)request->streams[i].bytes.data};
    if (minidump_prepare() != ST_OK) {
        *ret_error = GetLastError();
        *ret_why = "dbghelp.dll could not be loaded from System32";
        return ST_NOT_FOUND;
    }
    bool has_fault = fault_init(&fault, request);
    if (!write_known(request, has_fault ? &fault.information : NULL, &stream_list, &callback)) {
        *ret_error = GetLastError();
        *ret_why = "MiniDumpWriteDump failed";
        return ST_SYSTEM;
    }
    return ST_OK;
}
