/* harness.h - what the Wine tests share: programs started beside the test, their output and exit codes, folders, reports in a queue. */
#ifndef SALVOR_TESTS_HARNESS_H
#define SALVOR_TESTS_HARNESS_H
#include "base/process.h"
#include "spool/spool.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#define HARNESS_MAX_ARGS 32

/* A new empty folder below %TEMP%, removed when the test program ends; static text. */
const char *harness_folder(void);

/* Starts a program that stands beside the test with the NULL-terminated arguments; fails the test when it cannot. stdin and stdout are
 * piped. */
struct process *harness_start(const char *program, ...);
struct process *harness_start_words(const char *program, const char *const *words); /* the same with a NULL-terminated array */
/* Reads the program's stdout up to and with a line that starts with text, into ret (ret_size bytes); false when it ends before. */
bool harness_read_line(struct process *process, const char *text, char *ret, size_t ret_size);
/* Writes text to the program's stdin. */
void harness_say(struct process *process, const char *text);
/* How many children of a process are this program (a file name), and the pid of the last one; ret_pid may be NULL. */
size_t harness_children(uint32_t parent, const char *program, uint32_t *ret_pid);
/* Stops every thread of the process. */
void harness_suspend(struct process *process);
void harness_suspend_pid(uint32_t pid);
/* Waits for the end (fails the test after timeout_ms) and frees; the exit code. */
uint32_t harness_finish(struct process *process, uint32_t timeout_ms);
/* Start and finish. */
uint32_t harness_run(uint32_t timeout_ms, const char *program, ...);
/* Starts salvor-sample with further arguments (NULL-terminated) and reads its output up to where it says that it is about to die. */
struct process *harness_start_sample(const char *kind, const char *const *more);
/* Lets salvor-sample die; fails the test when its exit code is another. Its pid. */
uint32_t harness_let_die(const char *kind, uint32_t exit_code, const char *const *more);

/* How many files and folders a folder holds. */
size_t harness_files_in(const char *folder);
void harness_put_file(const char *folder, const char *name, const void *bytes, size_t size);
/* What LocalDumps would leave of a salvor-sample: `<exe>.<pid>.dmp`, here of size zeros behind a minidump's first four bytes. */
void harness_put_local_dump(const char *folder, uint32_t pid, size_t size);

/* A collector on a pipe of this test's own, serving until harness_collector_stop. */
struct harness_collector {
    struct process *process;
    char pipe[96];
    char data[1024], dumps[1024], queue[1024], inbox[1024], log[1024];
};
void harness_collector_start(struct harness_collector *ret, const char *data);
/* The same with more options, NULL-terminated. */
void harness_collector_start_with(struct harness_collector *ret, const char *data, const char *const *options);
void harness_collector_stop(struct harness_collector *collector); /* kills it; may be called twice */

/* Registers salvor-wer.dll, beside the test, as WER's module, or takes that back. */
void harness_wer_module(bool is_registered);
/* Runs the sample below werhost, which plays WerFault; the exit code that werhost saw. */
uint32_t harness_run_under_werhost(const char *kind, const char *pipe, const char *spool_dir);
/* The same with more arguments for the sample, NULL-terminated. */
uint32_t harness_run_under_werhost_with(const char *kind, const char *pipe, const char *spool_dir, const char *const *more);
/* A program beside the test with NULL-terminated arguments; its exit code. */
uint32_t harness_run_with(uint32_t timeout_ms, const char *program, const char *const *arguments);

/* Whether the collector's log holds text. */
bool harness_log_has(const struct harness_collector *collector, const char *text);
void harness_wait_log(const struct harness_collector *collector, const char *text, uint32_t timeout_ms);

/* The number of complete reports in a queue: new, pending and uploading together. */
size_t harness_reports(const char *queue);
/* Waits until the queue holds count reports; fails the test after timeout_ms. Polls: the queue has no event of its own. */
void harness_wait_reports(const char *queue, size_t count, uint32_t timeout_ms);
/* Opens the only report of a queue; fails the test unless there is exactly one. */
struct spool_report *harness_only_report(const char *queue, struct spool **ret_spool);
/* A value of a report's record; static text, "" when there is none. */
const char *harness_value(const struct spool_report *report, const char *key);
uint64_t harness_number(const struct spool_report *report, const char *key); /* decimal or 0x-hex; 0 when there is none */
/* Where a stream of the dump stands, and its size; false when the dump has none. */
bool harness_dump_stream(struct spool_report *report, uint32_t type, uint32_t *ret_offset, uint32_t *ret_size);
/* A 32-bit number of the dump. */
uint32_t harness_dump_u32(struct spool_report *report, uint64_t offset);
/* The exception code in the dump's exception stream; fails the test when the dump has none. */
uint32_t harness_dump_exception(struct spool_report *report, uint32_t *ret_thread);

#endif
