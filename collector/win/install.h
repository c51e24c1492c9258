/* install.h - what the steps of `install` and `uninstall` share. Each step can be repeated, and says in one line what it did. */
#ifndef SALVOR_COLLECTOR_WIN_INSTALL_H
#define SALVOR_COLLECTOR_WIN_INSTALL_H
#include "../configuration.h"
#include "made.h"

struct install {
    const char *command; /* "install" or "uninstall", for messages */
    WCHAR *service;
    bool dry_run, purge, start;
    WCHAR *program;   /* the collector that the service runs, once the files are in place */
    WCHAR *from;      /* folder of this program, with its last separator */
    WCHAR *to;        /* NULL: the files stay where they are */
    WCHAR *arguments; /* the service's command line behind the program */
    WCHAR *data, *queue, *inbox;
    WCHAR **dumps;
    size_t dump_count;
    struct made made; /* closed in a dry run */
};

/* Says "<kind> <object>: <what was done>". */
void install_say(const struct install *install, const WCHAR *kind, const WCHAR *object, const char *done);
/* Says on standard error what failed, on what, why, and what to do; returns a status that is not ST_OK. */
enum status install_fail(const struct install *install, const char *what, const WCHAR *object, DWORD error);
/* Notes a thing that is about to be made. */
enum status install_note(const struct install *install, const WCHAR *kind, const WCHAR *object);

/* files: install_files.c */
enum status install_files(struct install *install);
/* data folders and their rights: install_folder.c */
/* kind: MADE_FOLDER or MADE_DATA. */
enum status install_folder(const struct install *install, const WCHAR *kind, const WCHAR *path, const char *sddl);
enum status install_folders(const struct install *install);
enum status install_parents(const struct install *install,
                            const WCHAR *path); /* makes those that are missing, with their parents' rights */
void install_remove_folder(const struct install *install, const WCHAR *kind, const WCHAR *path);
/* event source and LocalDumps keys: install_registry.c */
enum status install_registry(const struct install *install);
void install_remove_key(const struct install *install, const WCHAR *path);
/* the service manager: install_service.c */
enum status install_service(const struct install *install);
enum status install_service_start(const struct install *install);
enum status install_service_stop(const struct install *install);   /* waits; one that does not run, or is not there, is fine */
enum status install_service_remove(const struct install *install); /* the same */

/* folder\name; NULL without memory; freed with free(). */
WCHAR *install_join(const WCHAR *folder, const WCHAR *name);

#endif
