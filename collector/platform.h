/* platform.h - what the collector's commands need from the system beyond lib/base: defaults, standard output, the order to stop. */
#ifndef SALVOR_COLLECTOR_PLATFORM_H
#define SALVOR_COLLECTOR_PLATFORM_H
#include "base/process.h"

const char *platform_default_data(void);   /* the data folder unless configured; static */
const char *platform_upload_program(void); /* the uploader's file name, looked for beside this program; static */

/* Standard output as bytes: no line ends are translated. Not to be closed. */
struct file platform_stdout(void);

/* Sets what holds the uploader back: on Windows a token with less rights and a job object. What cannot be had is said in the log once. */
void platform_limit_upload(struct process_options *options);

/* Catches Ctrl-C, Ctrl-Break and closing of the console on Windows, SIGINT and SIGTERM elsewhere. Call before the first thread starts. */
void platform_catch_stop(void);
void platform_wait_stop(void);
/* Says that everything is put away: a console that is being closed ends the process as soon as its handler returns. */
void platform_stop_done(void);

#endif
