/* access.h - what ordinary users may do with a file or folder, by its access control list. */
#ifndef SALVOR_COLLECTOR_DOCTOR_WIN_ACCESS_H
#define SALVOR_COLLECTOR_DOCTOR_WIN_ACCESS_H
#include "base/status.h"
#include <stdbool.h>
#include <windows.h>

/* The rights (FILE_*) that any member of Users, Authenticated Users, Interactive or Everyone has, deny entries taken off. A list that is
 * missing (NULL) gives everything. */
DWORD access_of_users(PACL list);
enum status access_read(const char *path, DWORD *ret_rights);
/* Whether this system keeps access control lists as they were set: Wine maps them onto the host's mode bits. */
bool access_is_kept(void);

#endif
