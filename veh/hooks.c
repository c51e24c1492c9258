/* hooks.c - arms and disarms what sees a fault: vectored observer, unhandled filter, SIGABRT, and the CRT's own handlers. */
#include "private.h"
#include "proto/code.h"
#include <signal.h>
#include <stdlib.h>

typedef void(__cdecl *signal_handler)(int);
typedef signal_handler(__cdecl *signal_setter)(int, signal_handler);
typedef void(__cdecl *parameter_handler)(const wchar_t *, const wchar_t *, const wchar_t *, unsigned, uintptr_t);
typedef parameter_handler(__cdecl *parameter_setter)(parameter_handler);
typedef void(__cdecl *purecall_handler)(void);
typedef purecall_handler(__cdecl *purecall_setter)(purecall_handler);

static void __cdecl on_abort(int number)
{
    (void)number;
    capture_made(CODE_ABORT, BLOCK_SOURCE_ABORT);
    signal(SIGABRT, on_abort); /* the CRT resets the handler before it calls it; the user filter said no, so stay armed */
}

static void __cdecl on_invalid_parameter(const wchar_t *expression, const wchar_t *function, const wchar_t *file, unsigned line,
                                         uintptr_t reserved)
{
    (void)expression, (void)function, (void)file, (void)line, (void)reserved;
    capture_made(CODE_INVALID_PARAMETER, BLOCK_SOURCE_INVALID_PARAMETER);
}

static void __cdecl on_purecall(void)
{
    capture_made(CODE_PURECALL, BLOCK_SOURCE_PURECALL);
}

/* SEM_NOGPFAULTERRORBOX, inherited from a parent, silences WER entirely. */
static void clear_error_mode(void)
{
    UINT mode = GetErrorMode();
    if (mode & SEM_NOGPFAULTERRORBOX)
        SetErrorMode(mode & ~(UINT)SEM_NOGPFAULTERRORBOX);
}

void hooks_install(const struct settings *from)
{
    if (!(from->flags & SALVOR_KEEP_ERROR_MODE))
        clear_error_mode();
    if (from->handlers & SALVOR_HANDLE_VEH)
        client.vectored = AddVectoredExceptionHandler(1, capture_vectored);
    if (from->handlers & SALVOR_HANDLE_FILTER)
        client.previous_filter = SetUnhandledExceptionFilter(capture_filter);
    if (from->handlers & SALVOR_HANDLE_ABORT)
        client.previous_abort = signal(SIGABRT, on_abort);
}

bool hooks_filter_is_ours(void)
{
    LPTOP_LEVEL_EXCEPTION_FILTER now = SetUnhandledExceptionFilter(capture_filter);
    if (now == capture_filter)
        return true;
    client.previous_filter = now;
    return false;
}

/* The system's list cannot be read; taking ours out tells whether it was in, and putting it back makes it the first again. */
bool hooks_vectored_is_ours(void)
{
    bool was_in = client.vectored && RemoveVectoredExceptionHandler(client.vectored);
    if (settings.handlers & SALVOR_HANDLE_VEH)
        client.vectored = AddVectoredExceptionHandler(1, capture_vectored);
    return was_in;
}

void hooks_remove(const struct settings *from)
{
    if (client.vectored)
        RemoveVectoredExceptionHandler(client.vectored);
    client.vectored = NULL;
    if (from->handlers & SALVOR_HANDLE_FILTER) {
        LPTOP_LEVEL_EXCEPTION_FILTER now = SetUnhandledExceptionFilter(client.previous_filter);
        if (now != capture_filter) /* somebody came after us and may chain to us: leave theirs, ours passes everything on */
            SetUnhandledExceptionFilter(now);
    }
    if (from->handlers & SALVOR_HANDLE_ABORT && client.previous_abort != SIG_ERR)
        signal(SIGABRT, client.previous_abort);
}

salvor_status SALVOR_CALL salvor_install_crt_hooks_with(void *set_invalid_parameter, void *set_purecall, void *signal_function)
{
    parameter_setter set_parameter;
    purecall_setter set_pure;
    signal_setter set_signal;

    if (client.phase != CLIENT_INSTALLED)
        return SALVOR_E_STATE;
    memcpy(&set_parameter, &set_invalid_parameter, sizeof set_parameter);
    memcpy(&set_pure, &set_purecall, sizeof set_pure);
    memcpy(&set_signal, &signal_function, sizeof set_signal);
    if (set_parameter && client.handlers & SALVOR_HANDLE_INVALID_PARAMETER)
        set_parameter(on_invalid_parameter);
    if (set_pure && client.handlers & SALVOR_HANDLE_PURECALL)
        set_pure(on_purecall);
    if (set_signal && client.handlers & SALVOR_HANDLE_ABORT)
        set_signal(SIGABRT, on_abort);
    return SALVOR_OK;
}
