/* event.h - what WER tells about a crash, in both layouts that it has.
 *
 * WER_RUNTIME_EXCEPTION_INFORMATION first ended at its report id; Windows 8.1 and later append bIsFatal and dwReserved. dwSize says which
 * layout it is, and nothing behind it is read. Declared here because mingw's werapi.h has the first layout only.
 * See https://learn.microsoft.com/windows/win32/api/werapi/ns-werapi-wer_runtime_exception_information */
#ifndef SALVOR_WER_EVENT_H
#define SALVOR_WER_EVENT_H
#include <stdbool.h>
#include <stddef.h>
#include <windows.h>

struct wer_information {
    DWORD size;
    HANDLE process, thread;
    EXCEPTION_RECORD record;
    CONTEXT context;
    PCWSTR report_id;
    /* from Windows 8.1 on */
    BOOL is_fatal;
    DWORD reserved;
};

#define WER_INFORMATION_OLD_BYTES offsetof(struct wer_information, is_fatal)

struct wer_event {
    HANDLE process, thread;
    EXCEPTION_RECORD record;
    CONTEXT context;
    bool fatality_known; /* the layout has bIsFatal */
    bool is_fatal;
};

/* Reads the information; false when it is too short or names no process or thread. */
bool wer_event_read(struct wer_event *ret, const struct wer_information *information);

#endif
