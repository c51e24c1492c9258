/* token.h - with whose rights a child of ours runs. */
#ifndef SALVOR_COLLECTOR_WIN_TOKEN_H
#define SALVOR_COLLECTOR_WIN_TOKEN_H
#include "base/buffer.h"
#include <windows.h>

/* A primary token with the user, groups, session and integrity of the process, and without its privileges. process needs
 * QUERY_INFORMATION. Closed by the caller. */
enum status token_of_client(HANDLE process, HANDLE *ret);

/* Appends what decides what the token's holder may do, but for privileges, as bytes: equal for two tokens that may do the same. ST_REFUSED
 * for a token that this cannot be said of: one with restricting SIDs, or of an AppContainer. */
enum status token_describe(HANDLE token, struct buffer *out);

/* Our own without privileges. When we are LocalSystem and service_sid (may be NULL) is the service's: also without Administrators, at
 * medium integrity, and able to write only where the service's own SID, Everyone or WRITE RESTRICTED may. Closed by the caller. */
enum status token_for_upload(PSID service_sid, HANDLE *ret);

#endif
