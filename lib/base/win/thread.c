/* thread.c - threads, mutexes and events over Win32. */
#include "base/thread.h"
#include "base/win/error.h"
#include <process.h>
#include <stdlib.h>
#include <windows.h>

struct thread {
    HANDLE os;
    void (*run)(void *context);
    void *context;
};

static unsigned __stdcall thread_main(void *argument)
{
    struct thread *thread = argument;
    thread->run(thread->context);
    return 0;
}

enum status thread_start(struct thread **ret, void (*run)(void *context), void *context)
{
    struct thread *thread = malloc(sizeof *thread);
    if (!thread)
        return ST_MEMORY;
    thread->run = run;
    thread->context = context;
    /* _beginthreadex, not CreateThread: the CRT keeps data of its own for each thread. */
    thread->os = (HANDLE)_beginthreadex(NULL, 0, thread_main, thread, 0, NULL); /* NOLINT(performance-no-int-to-ptr): its own type */
    if (!thread->os) {
        enum status status = error_last();
        free(thread);
        return status;
    }
    *ret = thread;
    return ST_OK;
}

void thread_join(struct thread *thread)
{
    if (!thread)
        return;
    WaitForSingleObject(thread->os, INFINITE);
    CloseHandle(thread->os);
    free(thread);
}

struct mutex {
    SRWLOCK os;
};

enum status mutex_create(struct mutex **ret)
{
    struct mutex *mutex = malloc(sizeof *mutex);
    if (!mutex)
        return ST_MEMORY;
    InitializeSRWLock(&mutex->os);
    *ret = mutex;
    return ST_OK;
}

void mutex_lock(struct mutex *mutex)
{
    AcquireSRWLockExclusive(&mutex->os);
}

void mutex_unlock(struct mutex *mutex)
{
    ReleaseSRWLockExclusive(&mutex->os);
}

void mutex_free(struct mutex *mutex)
{
    free(mutex);
}

struct event {
    HANDLE os;
};

enum status event_create(struct event **ret)
{
    struct event *event = malloc(sizeof *event);
    if (!event)
        return ST_MEMORY;
    event->os = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (!event->os) {
        enum status status = error_last();
        free(event);
        return status;
    }
    *ret = event;
    return ST_OK;
}

void event_set(struct event *event)
{
    SetEvent(event->os);
}

bool event_wait(struct event *event, uint32_t timeout_ms)
{
    return WaitForSingleObject(event->os, timeout_ms) == WAIT_OBJECT_0;
}

void event_free(struct event *event)
{
    if (!event)
        return;
    CloseHandle(event->os);
    free(event);
}
