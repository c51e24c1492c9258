/* platform.c - Windows: console control events, standard output as bytes. */
#include "../platform.h"
#include "proto/name.h"
#include "stop.h"
#include <windows.h>

#define CLOSE_WAIT_MS 4500 /* the system ends us 5 s after CTRL_CLOSE_EVENT in any case */

static HANDLE stop_asked, stop_done;
static const wchar_t *service_name;

const char *platform_default_data(void)
{
    return NAME_DEFAULT_DATA;
}

const char *platform_upload_program(void)
{
    return "salvor-upload.exe";
}

struct file platform_stdout(void)
{
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);

    return (struct file){out ? (intptr_t)out : FILE_CLOSED};
}

/* Runs on a thread of the system's. For CTRL_CLOSE_EVENT and what follows it, returning ends the process. */
static BOOL WINAPI on_control(DWORD event)
{
    SetEvent(stop_asked);
    if (event == CTRL_CLOSE_EVENT || event == CTRL_LOGOFF_EVENT || event == CTRL_SHUTDOWN_EVENT)
        WaitForSingleObject(stop_done, CLOSE_WAIT_MS);
    return TRUE;
}

void platform_catch_stop(void)
{
    stop_asked = CreateEventW(NULL, TRUE, FALSE, NULL);
    stop_done = CreateEventW(NULL, TRUE, FALSE, NULL);
    SetConsoleCtrlHandler(NULL, FALSE); /* a parent may have switched Ctrl-C off for us */
    SetConsoleCtrlHandler(on_control, TRUE);
}

void platform_ask_stop(void)
{
    SetEvent(stop_asked);
}

void platform_await_service(const wchar_t *service)
{
    service_name = service;
    stop_asked = CreateEventW(NULL, TRUE, FALSE, NULL);
    stop_done = CreateEventW(NULL, TRUE, FALSE, NULL);
}

const wchar_t *platform_service(void)
{
    return service_name;
}

void platform_wait_stop(void)
{
    WaitForSingleObject(stop_asked, INFINITE);
}

void platform_stop_done(void)
{
    SetEvent(stop_done);
}
