/* security.h - the rights of folders, and the accounts behind tokens and services. */
#ifndef SALVOR_COLLECTOR_WIN_SECURITY_H
#define SALVOR_COLLECTOR_WIN_SECURITY_H
#include "base/status.h"
#include <windows.h>

/* Data and queue: SYSTEM and Administrators, nobody else, whatever the folder above says. */
#define SECURITY_PRIVATE_SDDL "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
/* Inbox and dumps: users may create and not list; see install_folder.c. */
#define SECURITY_INBOX_SDDL SECURITY_PRIVATE_SDDL "(A;;0x001000A2;;;AU)(A;OIIO;0x001301BF;;;S-1-3-4)"

/* The SID of a service (S-1-5-80-...). ST_NOT_FOUND where the system does not know it. */
enum status security_service_sid(const WCHAR *service, BYTE ret[SECURITY_MAX_SID_SIZE]);
/* A SID as text; the caller frees it with free(). */
enum status security_sid_text(PSID sid, char **ret);

#endif
