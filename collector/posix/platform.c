/* platform.c - POSIX: signals are blocked in every thread and taken by sigwait. */
#include "../platform.h"
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

const char *platform_default_data(void)
{
    return "/var/lib/salvor-collector";
}

const char *platform_upload_program(void)
{
    return "salvor-upload";
}

struct file platform_stdout(void)
{
    return (struct file){STDOUT_FILENO};
}

void platform_limit_upload(struct process_options *options)
{
    (void)options; /* the service's unit limits the whole of it */
}

static void stop_signals(sigset_t *ret)
{
    sigemptyset(ret);
    sigaddset(ret, SIGINT);
    sigaddset(ret, SIGTERM);
}

void platform_catch_stop(void)
{
    sigset_t signals;

    stop_signals(&signals);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

void platform_wait_stop(void)
{
    sigset_t signals;
    int got;

    stop_signals(&signals);
    while (sigwait(&signals, &got) != 0)
        continue;
}

void platform_stop_done(void) {}
