/* token.h - with whose rights a child of ours runs. */
#ifndef SALVOR_COLLECTOR_WIN_TOKEN_H
#define SALVOR_COLLECTOR_WIN_TOKEN_H
#include "base/status.h"
#include <windows.h>

/* A primary token with the user, groups, session and integrity of the process, and without its privileges. process needs
 * QUERY_INFORMATION. Closed by the caller. */
enum status token_of_client(HANDLE process, HANDLE *ret);

/* Our own without privileges. When we are LocalSystem and service_sid (may be NULL) is the service's: also without Administrators, at
 * medium integrity, and able to write only where the service's own SID, Everyone or WRITE RESTRICTED may. Closed by the caller. */
enum status token_for_upload(PSID service_sid, HANDLE *ret);

#endif
