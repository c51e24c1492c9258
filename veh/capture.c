/* capture.c - what runs inside the crashing process.
 *
 * No heap, no locks, no CRT stdio, no loader, no logging; stack use under 2 KB; every wait is bounded and also waits on the monitor's
 * process handle. Everything touched here was made at install. A test holds this object's undefined symbols against an allow-list.
 *
 * The first fault wins by one interlocked exchange on client.owner. Other threads park; the same thread faulting again in our own code
 * ends the process with the first fault's code; in the user filter, the filter is left and the first fault goes its way. */
#include "client.h"
#include "proto/code.h"

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Warray-bounds" /* NtCurrentTeb reads at an address in a segment, which gcc takes for one in an array */
#endif

#define CAPTURE_PARK_MS      1000u        /* a parked thread looks again at least this often */
#define CAPTURE_FILTER_BYTES (16u * 1024) /* of stack: with less left after an overflow the unhandled filter would not be reached */

#if defined(_MSC_VER)
#define CAPTURE_NOINLINE __declspec(noinline)
#else
#define CAPTURE_NOINLINE __attribute__((noinline))
#endif

/* How far the owner came. */
enum capture_step { CAPTURE_NONE = 0, CAPTURE_COPY = 1, CAPTURE_FILTER = 2, CAPTURE_DELIVER = 3 };

enum capture_result { CAPTURE_DELIVERED, CAPTURE_UNDELIVERED };

static_assert(sizeof(CONTEXT) <= BLOCK_MAX_CONTEXT, "the block holds this CPU's context");

static LONG exchange(volatile uint32_t *word, enum block_state state)
{
    return InterlockedExchange((volatile LONG *)word, (LONG)state);
}

static _Noreturn void capture_end(DWORD code)
{
    TerminateProcess(GetCurrentProcess(), code);
    for (;;) /* TerminateProcess of oneself does not return; a hook may have made it lie */
        Sleep(INFINITE);
}

static void copy_fault(struct block *block, const EXCEPTION_POINTERS *pointers, enum block_source source)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    struct block_exception *copy = &block->exception;
    FILETIME now;
    DWORD i, count = record->NumberParameters;

    if (count > BLOCK_MAX_PARAMETERS)
        count = BLOCK_MAX_PARAMETERS;
    copy->code = record->ExceptionCode;
    copy->flags = record->ExceptionFlags;
    copy->address = (uint64_t)(ULONG_PTR)record->ExceptionAddress;
    copy->parameter_count = count;
    copy->thread_id = GetCurrentThreadId();
    for (i = 0; i < BLOCK_MAX_PARAMETERS; i++)
        copy->parameters[i] = i < count ? (uint64_t)record->ExceptionInformation[i] : 0;
    copy->context_size_bytes = 0;
    if (pointers->ContextRecord) {
        memcpy(copy->context, pointers->ContextRecord, sizeof(CONTEXT));
        copy->context_size_bytes = sizeof(CONTEXT);
    }
    GetSystemTimeAsFileTime(&now);
    block->crash_filetime = (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime;
    block->owner_thread = copy->thread_id;
    block->source = (uint32_t)source;
    block->request = BLOCK_REQUEST_CRASH;
    block->filter_faulted = 0;
}

/* The same fault in another block: the section came while it was being handled. */
static void carry_fault(struct block *to, const struct block *from)
{
    memcpy(&to->exception, &from->exception, sizeof to->exception);
    to->crash_filetime = from->crash_filetime;
    to->owner_thread = from->owner_thread;
    to->source = from->source;
    to->request = from->request;
    to->phase = from->phase;
    to->filter_faulted = from->filter_faulted;
}

/* Leaves the report's id for the next start. By the system call itself: CreateFileW takes memory from the heap, whose lock another thread
 * may hold for ever now. */
static void remember(const struct block *block)
{
    IO_STATUS_BLOCK io;
    DWORD written;
    HANDLE file;

    if (!client.last_crash || !block->report_id[0])
        return;
    if (client.create_file(&file, GENERIC_WRITE | SYNCHRONIZE, client.last_crash, &io, NULL, FILE_ATTRIBUTE_NORMAL, 0, FILE_OVERWRITE_IF,
                           FILE_NON_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0) < 0)
        return;
    WriteFile(file, block->report_id, 36, &written, NULL);
    CloseHandle(file);
}

/* Waits until the monitor says done, dies, or stands still for crash_timeout_ms; a moving dump is waited for at most ten times that. */
static enum capture_result wait_for_dump(const struct client_link *link)
{
    volatile uint32_t *progress = &link->block->progress;
    volatile uint32_t *state = &link->block->state;
    HANDLE handles[2];
    uint32_t seen = *progress, now;
    int turn;

    handles[0] = link->done;
    handles[1] = link->monitor;
    for (turn = 0; turn < 10; turn++) {
        DWORD woke = WaitForMultipleObjects(2, handles, FALSE, client.crash_timeout_ms);
        if (*state == BLOCK_DONE)
            return CAPTURE_DELIVERED;
        if (*state == BLOCK_FAILED || woke == WAIT_OBJECT_0 + 1 || woke == WAIT_FAILED)
            return CAPTURE_UNDELIVERED;
        now = *progress;
        if (woke == WAIT_TIMEOUT && now == seen)
            return CAPTURE_UNDELIVERED;
        seen = now;
    }
    return CAPTURE_UNDELIVERED;
}

struct client_link *capture_find_link(void)
{
    struct client_link *link = client.link;
    if (!link && InterlockedCompareExchange(&client.linking, 0, 0))
        WaitForSingleObject(client.ready, client.start_timeout_ms);
    return client.link;
}

static enum capture_result ask_monitor(void)
{
    const struct client_link *link = capture_find_link();
    struct block *block = client.block;

    /* The monitor may have come only now: the fault then still lies in the block from before. */
    if (!link || WaitForSingleObject(link->monitor, 0) == WAIT_OBJECT_0)
        return CAPTURE_UNDELIVERED;
    if (link->block != block) {
        carry_fault(link->block, block);
        client.block = block = link->block;
    }
    ResetEvent(link->done);
    exchange(&block->state, BLOCK_REQUESTED);
    if (!SetEvent(link->request))
        return CAPTURE_UNDELIVERED;
    return wait_for_dump(link);
}

/* The ladder below the monitor: the thread made at install writes the dump in this process. */
static enum capture_result ask_last_resort(void)
{
    if (client.last_resort != BLOCK_RESORT_IN_PROCESS)
        return CAPTURE_UNDELIVERED;
    if (!client.resort_go)
        WaitForSingleObject(client.resort_known, client.start_timeout_ms);
    if (!client.resort_go)
        return CAPTURE_UNDELIVERED;
    SetEvent(client.resort_go);
    if (WaitForSingleObject(client.resort_done, client.crash_timeout_ms) != WAIT_OBJECT_0)
        return CAPTURE_UNDELIVERED;
    return client.block->state == BLOCK_DONE ? CAPTURE_DELIVERED : CAPTURE_UNDELIVERED;
}

/* Gives the fault to the next handler. At second chance the process is dying and the owner stays, so that nobody dumps again; at first
 * chance the program may still handle the fault, so everything is set back. */
static LONG pass_on(const EXCEPTION_POINTERS *pointers, enum block_source source, enum capture_result result)
{
    client.passed_thread = GetCurrentThreadId();
    client.passed_code = pointers->ExceptionRecord->ExceptionCode;
    client.passed_address = pointers->ExceptionRecord->ExceptionAddress;
    client.step = CAPTURE_NONE;
    if (result == CAPTURE_UNDELIVERED)
        exchange(&client.block->state, BLOCK_IDLE);
    if (source != BLOCK_SOURCE_FILTER) {
        InterlockedExchange(&client.owner, 0);
        SetEvent(client.unparked);
    }
    return EXCEPTION_CONTINUE_SEARCH;
}

/* The user filter said no: everything as before the fault. */
static LONG let_go(void)
{
    client.block->phase = BLOCK_PHASE_NONE;
    exchange(&client.block->state, BLOCK_IDLE);
    client.step = CAPTURE_NONE;
    InterlockedExchange(&client.owner, 0);
    SetEvent(client.unparked);
    return EXCEPTION_CONTINUE_SEARCH;
}

/* A made record has no dispatcher to go back to; WER takes it from here. */
static bool is_made(enum block_source source)
{
    return source == BLOCK_SOURCE_ABORT || source == BLOCK_SOURCE_INVALID_PARAMETER || source == BLOCK_SOURCE_PURECALL;
}

static LONG deliver(EXCEPTION_POINTERS *pointers, enum block_source source, DWORD code)
{
    enum capture_result result;
    bool to_wer;

    client.step = CAPTURE_DELIVER;
    client.block->phase = BLOCK_PHASE_WAIT;
    result = ask_monitor();
    to_wer = result == CAPTURE_UNDELIVERED && client.last_resort == BLOCK_RESORT_WER;
    if (result == CAPTURE_UNDELIVERED && !to_wer)
        result = ask_last_resort();
    if (result == CAPTURE_DELIVERED)
        remember(client.block);
    if (!pointers || (!to_wer && client.after_dump != SALVOR_AFTER_PASS))
        capture_end(code);
    pass_on(pointers, source, result);
    if (is_made(source)) {
        RaiseFailFastException(pointers->ExceptionRecord, pointers->ContextRecord, 0);
        capture_end(code);
    }
    return EXCEPTION_CONTINUE_SEARCH;
}

/* Back to where the user filter was called, as if it had said yes there: only from there can WER be given the first fault. */
static LONG leave_filter(EXCEPTION_POINTERS *pointers)
{
    memcpy(pointers->ContextRecord, &client.filter_back, sizeof client.filter_back);
#if defined(_M_IX86) || defined(__i386__)
    ((NT_TIB *)NtCurrentTeb())->ExceptionList = client.filter_list; /* the filter's own entries are gone with its frames */
#endif
    return EXCEPTION_CONTINUE_EXECUTION;
}

/* The owner faulted again. In the user filter: the first fault, already copied, is delivered and tagged; anywhere else: the end. But where
 * it was our own frames that met the guard page, what the guarantee keeps below is there from now on: on with it. */
static LONG faulted_again(EXCEPTION_POINTERS *pointers)
{
    bool is_passed = client.after_dump == SALVOR_AFTER_PASS || client.last_resort == BLOCK_RESORT_WER;
    enum capture_step next = is_passed ? CAPTURE_COPY : CAPTURE_DELIVER;
    DWORD code = client.block->exception.code;

    if (InterlockedCompareExchange(&client.step, next, CAPTURE_FILTER) == CAPTURE_FILTER) {
        client.block->filter_faulted = 1;
        return is_passed ? leave_filter(pointers) : deliver(NULL, BLOCK_SOURCE_FILTER, code);
    }
    if (pointers->ExceptionRecord->ExceptionCode == CODE_STACK_OVERFLOW)
        return EXCEPTION_CONTINUE_EXECUTION;
    capture_end(code);
    return EXCEPTION_CONTINUE_SEARCH;
}

/* Another thread has a crash in hand: wait until the process is gone or the owner lets go. */
static void park(void)
{
    WaitForSingleObject(client.unparked, CAPTURE_PARK_MS);
}

static bool was_passed(const EXCEPTION_POINTERS *pointers)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    return client.passed_thread == GetCurrentThreadId() && client.passed_code == record->ExceptionCode &&
           client.passed_address == record->ExceptionAddress;
}

/* Makes this thread the one that has the crash in hand; parks while another has. False: it was already. */
static bool become_owner(LONG self)
{
    LONG owner;
    while ((owner = InterlockedCompareExchange(&client.owner, self, 0)) != 0) {
        if (owner == self)
            return false;
        park();
    }
    ResetEvent(client.unparked);
    return true;
}

/* A fault in the filter may come back to behind RtlCaptureContext: this frame must still be there then, so the call is not its last act. */
static CAPTURE_NOINLINE int call_filter(EXCEPTION_POINTERS *pointers)
{
    volatile int wanted = 1;

#if defined(_M_IX86) || defined(__i386__)
    client.filter_list = ((NT_TIB *)NtCurrentTeb())->ExceptionList;
#endif
    RtlCaptureContext(&client.filter_back);
    if (client.step == CAPTURE_FILTER)
        wanted = client.filter(pointers, client.filter_context);
    return wanted;
}

/* Runs the user filter against the clock. Who moves the step on from CAPTURE_FILTER has the fault: we, or the overrun's watcher. */
static int ask_filter(EXCEPTION_POINTERS *pointers)
{
    LARGE_INTEGER due;
    int wanted;

    due.QuadPart = -(LONGLONG)client.crash_timeout_ms * 10000;
    client.block->phase = BLOCK_PHASE_FILTER;
    InterlockedExchange(&client.step, CAPTURE_FILTER);
    SetWaitableTimer(client.filter_timer, &due, 0, NULL, NULL, FALSE);
    wanted = call_filter(pointers);
    CancelWaitableTimer(client.filter_timer);
    if (InterlockedCompareExchange(&client.step, CAPTURE_COPY, CAPTURE_FILTER) == CAPTURE_DELIVER)
        for (;;)
            Sleep(INFINITE); /* too late: the watcher delivers and ends the process */
    return wanted;
}

void capture_overrun(void)
{
    if (InterlockedCompareExchange(&client.step, CAPTURE_DELIVER, CAPTURE_FILTER) != CAPTURE_FILTER)
        return;
    client.block->filter_faulted = 1;
    deliver(NULL, BLOCK_SOURCE_FILTER, client.block->exception.code);
}

LONG capture_fault(EXCEPTION_POINTERS *pointers, enum block_source source)
{
    LONG self = (LONG)GetCurrentThreadId();
    int wanted = 1;

    if (client.in_previous == self || was_passed(pointers))
        return EXCEPTION_CONTINUE_SEARCH;
    if (!become_owner(self))
        return faulted_again(pointers);
    client.step = CAPTURE_COPY;
    exchange(&client.block->state, BLOCK_CLAIMED);
    copy_fault(client.block, pointers, source);
    if (client.filter)
        wanted = ask_filter(pointers);
    if (!wanted)
        return let_go();
    return deliver(pointers, source, pointers->ExceptionRecord->ExceptionCode);
}

void capture_made(uint32_t code, enum block_source source)
{
    EXCEPTION_POINTERS pointers;
    EXCEPTION_RECORD record;
    CONTEXT context;

    RtlCaptureContext(&context);
    memset(&record, 0, sizeof record);
    record.ExceptionCode = code;
    record.ExceptionFlags = EXCEPTION_NONCONTINUABLE;
#if defined(_M_X64) || defined(__x86_64__)
    record.ExceptionAddress = (void *)context.Rip;
#elif defined(_M_ARM64) || defined(__aarch64__)
    record.ExceptionAddress = (void *)context.Pc;
#else
    record.ExceptionAddress = (void *)context.Eip;
#endif
    pointers.ExceptionRecord = &record;
    pointers.ContextRecord = &context;
    capture_fault(&pointers, source);
}

bool capture_turn_begin(void)
{
    return become_owner((LONG)GetCurrentThreadId());
}

void capture_turn_end(void)
{
    exchange(&client.block->state, BLOCK_IDLE);
    InterlockedExchange(&client.owner, 0);
    SetEvent(client.unparked);
}

bool capture_ask_monitor(void)
{
    return ask_monitor() == CAPTURE_DELIVERED;
}

LONG WINAPI capture_filter(EXCEPTION_POINTERS *pointers)
{
    LPTOP_LEVEL_EXCEPTION_FILTER previous;
    DWORD code = pointers->ExceptionRecord->ExceptionCode;
    LONG self = (LONG)GetCurrentThreadId(), verdict;
    bool is_break = code == CODE_BREAKPOINT || code == CODE_SINGLE_STEP;

    if (client.phase == CLIENT_INSTALLED && (!is_break || client.flags & SALVOR_CATCH_BREAKPOINT) &&
        capture_fault(pointers, BLOCK_SOURCE_FILTER) == EXCEPTION_CONTINUE_EXECUTION)
        return EXCEPTION_CONTINUE_EXECUTION;
    previous = client.previous_filter;
    if (!previous || client.in_previous == self)
        return EXCEPTION_CONTINUE_SEARCH;
    InterlockedExchange(&client.in_previous, self); /* a filter that chains back to us must not run round */
    verdict = previous(pointers);
    InterlockedExchange(&client.in_previous, 0);
    return verdict;
}

/* Whether the thread's stack pointer lies outside the stack that the system gave it. */
static bool is_off_stack(const CONTEXT *context)
{
    ULONG_PTR sp, low, high;
    if (!context)
        return false;
#if defined(_M_X64) || defined(__x86_64__)
    sp = (ULONG_PTR)context->Rsp;
#elif defined(_M_ARM64) || defined(__aarch64__)
    sp = (ULONG_PTR)context->Sp;
#else
    sp = (ULONG_PTR)context->Esp;
#endif
    GetCurrentThreadStackLimits(&low, &high);
    return sp < low || sp >= high;
}

/* Whether an overflowed stack has too little left for what comes after us: a thread from before install, or one too small for the
 * guarantee. Its next overflow would be the process's end, without a word. */
static bool is_last_chance(void)
{
    ULONG_PTR low, high;
    GetCurrentThreadStackLimits(&low, &high);
    return (ULONG_PTR)&low - low < CAPTURE_FILTER_BYTES;
}

/* Another component replaced our unhandled filter: take it back and chain to theirs. */
static void reassert_filter(void)
{
    LPTOP_LEVEL_EXCEPTION_FILTER before;
    if (!(client.handlers & SALVOR_HANDLE_FILTER))
        return;
    before = SetUnhandledExceptionFilter(capture_filter);
    if (before != capture_filter)
        client.previous_filter = before;
}

LONG CALLBACK capture_vectored(EXCEPTION_POINTERS *pointers)
{
    DWORD code = pointers->ExceptionRecord->ExceptionCode;
    bool at_once;

    if (client.phase != CLIENT_INSTALLED || !code_is_fatal_class(code))
        return EXCEPTION_CONTINUE_SEARCH;
    if (client.owner == (LONG)GetCurrentThreadId())
        return client.step == CAPTURE_NONE ? EXCEPTION_CONTINUE_SEARCH : faulted_again(pointers);
    reassert_filter();
    at_once = code == CODE_HEAP_CORRUPTION || client.flags & SALVOR_VEH_EAGER || (code == CODE_STACK_OVERFLOW && is_last_chance()) ||
              (client.flags & SALVOR_VEH_OFF_STACK && is_off_stack(pointers->ContextRecord));
    return at_once ? capture_fault(pointers, BLOCK_SOURCE_VEH) : EXCEPTION_CONTINUE_SEARCH;
}
