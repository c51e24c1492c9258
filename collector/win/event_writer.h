/* event_writer.h - the Windows Event Log's Application log. */
#ifndef SALVOR_COLLECTOR_WIN_EVENT_WRITER_H
#define SALVOR_COLLECTOR_WIN_EVENT_WRITER_H
#include <windows.h>

/* From now on event_log writes there too, as this source, which `install` registers. */
void event_writer_open(const WCHAR *source);
void event_writer_close(void); /* may be called twice */

#endif
