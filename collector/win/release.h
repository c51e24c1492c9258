/* release.h - lets a process go on that a dumper has stopped and cannot let go any more. */
#ifndef SALVOR_COLLECTOR_WIN_RELEASE_H
#define SALVOR_COLLECTOR_WIN_RELEASE_H
#include <stddef.h>
#include <stdint.h>

/* Takes one suspension from each thread of process pid that has any; the number of those. The caller holds a handle of the process, so that
 * the pid stays its own. */
size_t release_threads(uint32_t pid);

#endif
