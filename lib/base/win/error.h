/* error.h - for Windows-only files of any folder. */
#ifndef SALVOR_BASE_WIN_ERROR_H
#define SALVOR_BASE_WIN_ERROR_H
#include "base/status.h"

/* Why the Win32 call on the line before failed. Never ST_OK, also where the call forgot to say why. Keeps GetLastError. */
enum status error_last(void);

#endif
