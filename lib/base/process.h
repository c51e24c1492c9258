/* process.h - child processes with exactly the handles they are given. */
#ifndef SALVOR_BASE_PROCESS_H
#define SALVOR_BASE_PROCESS_H
#include "base/file.h"

struct process;

struct process_options {
    const char *const *argv;        /* argv[0] is the program's path; NULL-terminated UTF-8; quoted for CommandLineToArgvW on Windows */
    const char *const *environment; /* NULL-terminated "NAME=value" added to, or replacing, ours; NULL = ours */
    const intptr_t *inherit;        /* HANDLEs that the child inherits under the same value (Windows only) */
    size_t inherit_count;
    bool pipe_stdin, pipe_stdout; /* connected to process_stdin/process_stdout; otherwise stdin is empty and stdout is ours */
    bool quiet;                   /* stdout (unless piped) and stderr go nowhere; on Windows it gets no console either */
    bool suspended;               /* Windows only: starts suspended until process_resume, so that a job can be assigned first */
    intptr_t token;               /* Windows only: HANDLE of the primary token to run with; 0 = ours */
    intptr_t job;                 /* Windows only: HANDLE of a job object that holds it from its first instruction on; 0 = none */
};

/* Starts a child. Nothing but stdio and options->inherit is inherited. Errors: ST_NOT_FOUND, ST_ACCESS, ST_MEMORY, ST_SYSTEM. */
enum status process_start(struct process **ret, const struct process_options *options);
struct file *process_stdin(struct process *process);  /* ours to write; close it to give the child its end of file */
struct file *process_stdout(struct process *process); /* ours to read */
uint32_t process_id(const struct process *process);
intptr_t process_os(const struct process *process); /* HANDLE, or the pid */
enum status process_resume(struct process *process);
/* Waits; ST_TIMEOUT leaves the child running. *ret_code is the exit code, or 128 + signal on POSIX. timeout_ms UINT32_MAX waits for ever.
 */
enum status process_wait(struct process *process, uint32_t timeout_ms, uint32_t *ret_code);
void process_kill(struct process *process);
void process_free(struct process *process); /* accepts NULL; does not end the child */

enum status process_self_path(struct buffer *out); /* full path of this program */
uint32_t process_self_id(void);
/* First thing in main: replaces argc and argv by the command line in UTF-8, which main's own argv is not on Windows. Never freed. */
enum status process_arguments(int *argc, char ***argv);

#endif
