/* private.h - what the client's files in normal context share; capture.c does not include it. */
#ifndef SALVOR_VEH_PRIVATE_H
#define SALVOR_VEH_PRIVATE_H
#include "base/status.h"
#include "client.h"

/* What install keeps of the options, with defaults filled in. Text is heap UTF-8, or NULL. */
struct settings {
    uint32_t flags, handlers, after_dump, dump_kind, start_timeout_ms, crash_timeout_ms, hang_timeout_ms, stack_guarantee_bytes;
    uint64_t max_dump_bytes;
    int(SALVOR_CALL *filter)(void *, void *);
    void *filter_context;
    char *program; /* file name of the executable; never NULL */
    char *app, *version, *environment, *channel, *pipe, *monitor_path, *spool_dir, *wer_module, *url, *key;
};
extern struct settings settings;

/* -- options.c -- */
salvor_status settings_read(struct settings *ret, const salvor_options *options); /* SALVOR_E_ARGUMENT names nothing kept */
void settings_done(struct settings *settings);

/* -- data.c: the tables behind the setters -- */
void data_init(const struct settings *settings); /* fills the local block's head */
void data_attach(struct block *section);         /* copies everything into the section and writes there from now on */
void data_detach(void);                          /* copies back and writes to the local block */
void data_clean_exit(void);                      /* marks that the program ends on purpose */

/* -- link.c: the thread that finds, starts and watches the monitor -- */
salvor_status link_start(void);
void link_stop(void);

/* -- place.c -- */
/* The full path of a file in the folder of the module that this code is in; heap, NULL when there is no such file. */
char *beside_this_module(const char *name);

/* -- launch.c -- */
/* Starts a child monitor and waits until its pipe listens. *ret_pipe is the pipe's name (heap), *ret_pid its process. */
enum status launch_monitor(const struct settings *settings, char **ret_pipe, uint32_t *ret_pid);
bool launch_possible(const struct settings *settings);
bool launch_is_monitor_command_line(void); /* --crash-monitor stands in our own command line */
/* Monitors of our own may only be this executable when it has called salvor_monitor_main and got -1. */
void launch_allow_self(void);

/* -- handshake.c -- */
/* Registers with the monitor behind the pipe. expected_pid 0: the server must be SYSTEM or our user and of no lower integrity. */
enum status handshake(const char *pipe, uint32_t expected_pid, struct client_link *ret);
void handshake_undo(struct client_link *link); /* closes and unmaps */

/* -- resort.c: the in-process writer of the last resort -- */
enum block_last_resort resort_choose(const struct settings *settings);
void resort_prepare(const struct settings *settings);
void resort_stop(void);
/* Puts the block's comment into the queue of spool_dir; false where the writer does not stand by. The caller has the turn. */
bool resort_queue_comment(struct block *block);
bool resort_localdumps_found(void); /* LocalDumps is set up for this program */

/* -- wer.c -- */
void wer_register(const struct settings *settings); /* does nothing when there is no module */
bool wer_module_found(void);
bool wer_key_found(void); /* whether WER is set up to load the registered module */
void wer_unregister(void);
void wer_point_at(HANDLE section, const struct block *block); /* where the WER module finds the block from now on */

/* -- package.c -- */
void package_register(
    const struct settings *settings); /* does nothing in a program that is in no package; a failure is in the breadcrumbs */
bool package_dumps_registered(void);
void package_unregister(void);

/* What it asks of the system, found there unless full_name is set: Wine has no packages, so a test brings its own. */
typedef LONG(WINAPI *package_name_function)(UINT32 *, PWSTR);
typedef HRESULT(WINAPI *package_register_function)(PCWSTR);
typedef HRESULT(WINAPI *package_unregister_function)(void);
struct package_system {
    package_name_function full_name;
    package_register_function register_dumps;
    package_unregister_function unregister_dumps;
};
extern struct package_system package_system;

/* -- nt_file.c: files without the heap -- */
struct nt_file {
    UNICODE_STRING name; /* kept for the process's life */
    OBJECT_ATTRIBUTES attributes;
};
bool nt_file_prepare(void); /* finds client.create_file and set_file */
bool nt_file_name(const wchar_t *path, struct nt_file *ret);

/* -- last_run.c -- */
void last_run_prepare(const struct settings *settings); /* reads what the run before left, and makes the path for this one */

/* -- hooks.c -- */
void hooks_install(const struct settings *settings);
void hooks_remove(const struct settings *settings);
/* Whether they are armed; what was replaced is armed again. */
bool hooks_filter_is_ours(void);
bool hooks_vectored_is_ours(void);

#endif
