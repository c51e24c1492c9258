/* descriptor.h - the security descriptors of the monitor's pipe, as text (SDDL) and ready for use. */
#ifndef SALVOR_COLLECTOR_WIN_DESCRIPTOR_H
#define SALVOR_COLLECTOR_WIN_DESCRIPTOR_H
#include "base/status.h"
#include <windows.h>

struct descriptor {
    SECURITY_ATTRIBUTES attributes; /* not inheritable */
};

enum descriptor_kind {
    DESCRIPTOR_OWNER,               /* this user alone: a child monitor's pipe */
    DESCRIPTOR_OWNER_AND_SANDBOXED, /* also this user's processes of low integrity, and AppContainers */
    DESCRIPTOR_MACHINE /* SYSTEM, Administrators and this user in full; every local user may read and write, but not make instances */
};

/* The SDDL text of a kind; the caller frees it with free(). */
enum status descriptor_text(enum descriptor_kind kind, char **ret);
enum status descriptor_init(struct descriptor *ret, enum descriptor_kind kind);
void descriptor_done(struct descriptor *descriptor); /* may be called twice */

/* The SID of a process's user in text form ("S-1-5-21-..."); the caller frees it with free(). process needs QUERY_INFORMATION. */
enum status descriptor_process_user(HANDLE process, char **ret);

#endif
