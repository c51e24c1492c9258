/* process.c - child processes by posix_spawn, which reports a failed exec as its own result and is safe with threads. */
#include "base/process.h"
#include "base/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FIRST_FREE_FD 3
#ifdef __GLIBC_PREREQ
#if __GLIBC_PREREQ(2, 34)
#define HAVE_CLOSEFROM
#endif
#endif

extern char **environ;

struct process {
    pid_t pid;
    int pidfd; /* -1 on kernels before 5.3 */
    bool ended;
    uint32_t code;
    struct file in, out;
};

/* A pipe whose ends lie above the standard descriptors, so that placing one of those cannot overwrite them. */
static int pipe_above_stdio(int ret[2])
{
    int low[2];
    if (pipe2(low, O_CLOEXEC) < 0)
        return errno;
    ret[0] = fcntl(low[0], F_DUPFD_CLOEXEC, FIRST_FREE_FD);
    ret[1] = fcntl(low[1], F_DUPFD_CLOEXEC, FIRST_FREE_FD);
    int error = ret[0] < 0 || ret[1] < 0 ? errno : 0;
    close(low[0]);
    close(low[1]);
    return error;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static bool same_name(const char *a, const char *b)
{
    size_t length = strcspn(a, "=");
    return strncmp(a, b, length) == 0 && b[length] == '=';
}

/* Our environment with additions replacing entries of the same name. The strings are borrowed; the caller frees the array. */
static char **merged_environment(const char *const *additions)
{
    size_t ours = 0, more = 0, count = 0;
    while (environ && environ[ours])
        ours++;
    while (additions && additions[more])
        more++;
    char **merged = malloc((ours + more + 1) * sizeof *merged);
    if (!merged)
        return NULL;
    for (size_t i = 0; i < ours; i++) {
        bool replaced = false;
        for (size_t j = 0; j < more && !replaced; j++)
            replaced = same_name(additions[j], environ[i]);
        if (!replaced)
            merged[count++] = environ[i];
    }
    for (size_t j = 0; j < more; j++)
        merged[count++] = (char *)additions[j];
    merged[count] = NULL;
    return merged;
}

/* What the child does before exec: stdio, nothing else open, no signal ignored or blocked on our account. */
static int plan_stdio(posix_spawn_file_actions_t *actions, const struct process_options *options, int in, int out)
{
    int error = in >= 0 ? posix_spawn_file_actions_adddup2(actions, in, STDIN_FILENO)
                        : posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!error && out >= 0)
        error = posix_spawn_file_actions_adddup2(actions, out, STDOUT_FILENO);
    else if (!error && options->quiet)
        error = posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (!error && options->quiet)
        error = posix_spawn_file_actions_addopen(actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
#ifdef HAVE_CLOSEFROM
    /* Our own descriptors close on exec; this is for those of libraries. */
    if (!error)
        error = posix_spawn_file_actions_addclosefrom_np(actions, FIRST_FREE_FD);
#endif
    return error;
}

static int plan_signals(posix_spawnattr_t *attributes)
{
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    int error = posix_spawnattr_setsigmask(attributes, &none);
    if (!error)
        error = posix_spawnattr_setsigdefault(attributes, &defaults);
    if (!error)
        error = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return error;
}

static int spawn(struct process *process, const struct process_options *options, char **environment, int in, int out)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error)
        goto out_actions;
    error = plan_stdio(&actions, options, in, out);
    if (!error)
        error = plan_signals(&attributes);
    if (!error)
        error = posix_spawn(&process->pid, options->argv[0], &actions, &attributes, (char *const *)options->argv, environment);
    posix_spawnattr_destroy(&attributes);
out_actions:
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Writing to a child that has ended must be an error (ST_CLOSED), not our end. A handler of the program's own is left alone. */
static void ignore_sigpipe(void)
{
    struct sigaction now;
    if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL) {
        now.sa_handler = SIG_IGN;
        sigaction(SIGPIPE, &now, NULL);
    }
}

enum status process_start(struct process **ret, const struct process_options *options)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1}, error = ENOMEM;
    char **environment = merged_environment(options->environment);
    struct process *process = malloc(sizeof *process);
    if (!environment || !process)
        goto out;
    *process = (struct process){.pid = -1, .pidfd = -1, .in = {FILE_CLOSED}, .out = {FILE_CLOSED}};
    error = options->pipe_stdin ? pipe_above_stdio(in) : 0;
    if (!error && options->pipe_stdout)
        error = pipe_above_stdio(out);
    if (error)
        goto out;
    if (options->pipe_stdin)
        ignore_sigpipe();
    error = spawn(process, options, environment, in[0], out[1]);
    if (error)
        goto out;
#ifdef SYS_pidfd_open
    process->pidfd = (int)syscall(SYS_pidfd_open, process->pid, 0); /* close-on-exec by itself */
#endif
    process->in.os = in[1]; /* -1 is FILE_CLOSED */
    process->out.os = out[0];
    in[1] = out[0] = -1;
    *ret = process;
    process = NULL;
out:
    close_fd(&in[0]);
    close_fd(&in[1]);
    close_fd(&out[0]);
    close_fd(&out[1]);
    free(process);
    free(environment);
    return status_from_errno(error);
}

struct file *process_stdin(struct process *process)
{
    return &process->in;
}

struct file *process_stdout(struct process *process)
{
    return &process->out;
}

uint32_t process_id(const struct process *process)
{
    return (uint32_t)process->pid;
}

intptr_t process_os(const struct process *process)
{
    return process->pid;
}

enum status process_resume(struct process *process)
{
    (void)process;
    return ST_UNSUPPORTED; /* nothing starts suspended here */
}

/* Collects the child if it has ended. */
static enum status collect(struct process *process)
{
    int state;
    pid_t got;
    if (process->ended)
        return ST_OK;
    do
        got = waitpid(process->pid, &state, WNOHANG);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return status_from_errno(errno);
    if (got == 0)
        return ST_TIMEOUT;
    process->ended = true;
    process->code = WIFEXITED(state) ? (uint32_t)WEXITSTATUS(state) : 128u + (uint32_t)WTERMSIG(state);
    return ST_OK;
}

/* Sleeps until the child ends or pause_ms are over; without a pidfd the pause is short and grows. */
static void wait_for_change(const struct process *process, uint32_t left_ms, uint32_t *pause_ms)
{
    if (process->pidfd >= 0) {
        struct pollfd entry = {.fd = process->pidfd, .events = POLLIN};
        poll(&entry, 1, left_ms > INT32_MAX ? INT32_MAX : (int)left_ms);
        return;
    }
    uint32_t now_ms = *pause_ms < left_ms ? *pause_ms : left_ms;
    struct timespec pause = {.tv_sec = 0, .tv_nsec = (long)now_ms * 1000000};
    nanosleep(&pause, NULL);
    if (*pause_ms < 64)
        *pause_ms *= 2;
}

enum status process_wait(struct process *process, uint32_t timeout_ms, uint32_t *ret_code)
{
    uint64_t start = clock_steady_ms();
    uint32_t pause_ms = 1;
    for (;;) {
        enum status status = collect(process);
        if (!status)
            *ret_code = process->code;
        if (status != ST_TIMEOUT)
            return status;
        uint64_t passed = clock_steady_ms() - start;
        if (timeout_ms != UINT32_MAX && passed >= timeout_ms)
            return ST_TIMEOUT;
        wait_for_change(process, timeout_ms == UINT32_MAX ? UINT32_MAX : (uint32_t)(timeout_ms - passed), &pause_ms);
    }
}

void process_kill(struct process *process)
{
    /* Once it is collected the number may be somebody else's. */
    if (!process->ended)
        kill(process->pid, SIGKILL);
}

void process_free(struct process *process)
{
    if (!process)
        return;
    collect(process); /* leaves no zombie behind if it has ended */
    close_fd(&process->pidfd);
    file_close(&process->in);
    file_close(&process->out);
    free(process);
}

enum status process_self_path(struct buffer *out)
{
    size_t room = 256;
    for (;; room *= 2) {
        enum status status = buffer_reserve(out, room);
        if (status)
            return status;
        ssize_t length = readlink("/proc/self/exe", (char *)out->data + out->len, room);
        if (length < 0)
            return status_from_errno(errno);
        if ((size_t)length < room) {
            out->len += (size_t)length;
            out->data[out->len] = 0;
            return ST_OK;
        }
    }
}

uint32_t process_self_id(void)
{
    return (uint32_t)getpid();
}
