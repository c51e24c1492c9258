/* module.c - salvor-wer.dll: what WerFault.exe loads into itself to ask about a crash of one of our clients.
 *
 * The decision is a flat list of reasons to decline; the default answer is "not claimed", and then WER goes on as if we were not there
 * (LocalDumps above all). Claiming is done the way Crashpad does it: dump, end the process, claimed = TRUE, E_FAIL; claiming with S_OK
 * would oblige us to serve event name and signatures. With the client's policy `pass` nothing is claimed and WER reports as well. */
#include "deliver.h"
#include "salvor.h"

/* PFN_WER_RUNTIME_EXCEPTION_EVENT and its two companions of werapi.h. */
HRESULT WINAPI OutOfProcessExceptionEventCallback(PVOID context, const struct wer_information *information, BOOL *claimed, PWSTR event_name,
                                                  PDWORD event_name_chars, PDWORD signature_count);
HRESULT WINAPI OutOfProcessExceptionEventSignatureCallback(PVOID context, const struct wer_information *information, DWORD index,
                                                           PWSTR name, PDWORD name_chars, PWSTR value, PDWORD value_chars);
HRESULT WINAPI OutOfProcessExceptionEventDebuggerLaunchCallback(PVOID context, const struct wer_information *information,
                                                                PBOOL is_custom_debugger, PWSTR debugger_launch,
                                                                PDWORD debugger_launch_chars, PBOOL is_auto_launch);

static HRESULT finish(const struct target *target, const struct wer_event *event, BOOL *claimed)
{
    if (target->copy->after_dump == SALVOR_AFTER_PASS)
        return S_OK;
    TerminateProcess(event->process, event->record.ExceptionCode);
    *claimed = TRUE;
    return E_FAIL;
}

/* Older systems do not say whether a crash is fatal; then nothing is claimed, so that WER decides what becomes of the process. */
static HRESULT answer(struct target *target, const struct wer_event *event, BOOL *claimed)
{
    enum target_claim claim = target_claim(target);
    bool claims = claim == TARGET_OURS || claim == TARGET_DONE;

    if (claim != TARGET_DONE && deliver(target, event, claim == TARGET_OURS) != ST_OK)
        return S_OK;
    return claims && event->fatality_known ? finish(target, event, claimed) : S_OK;
}

HRESULT WINAPI OutOfProcessExceptionEventCallback(PVOID context, const struct wer_information *information, BOOL *claimed, PWSTR event_name,
                                                  PDWORD event_name_chars, PDWORD signature_count)
{
    struct target target;
    struct wer_event event;
    HRESULT result;

    (void)event_name, (void)event_name_chars, (void)signature_count;
    if (!claimed)
        return E_FAIL;
    *claimed = FALSE;
    if (!wer_event_read(&event, information))
        return S_OK;
    if (!event.is_fatal)
        return S_OK;
    if (!target_open(&target, event.process, context))
        return S_OK;
    result = answer(&target, &event, claimed);
    target_close(&target);
    return result;
}

HRESULT WINAPI OutOfProcessExceptionEventSignatureCallback(PVOID context, const struct wer_information *information, DWORD index,
                                                           PWSTR name, PDWORD name_chars, PWSTR value, PDWORD value_chars)
{
    (void)context, (void)information, (void)index, (void)name, (void)name_chars, (void)value, (void)value_chars;
    return E_FAIL;
}

HRESULT WINAPI OutOfProcessExceptionEventDebuggerLaunchCallback(PVOID context, const struct wer_information *information,
                                                                PBOOL is_custom_debugger, PWSTR debugger_launch,
                                                                PDWORD debugger_launch_chars, PBOOL is_auto_launch)
{
    (void)context, (void)information, (void)is_custom_debugger, (void)debugger_launch, (void)debugger_launch_chars, (void)is_auto_launch;
    return E_FAIL;
}

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved);
BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved)
{
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH)
        DisableThreadLibraryCalls(module);
    return TRUE;
}
