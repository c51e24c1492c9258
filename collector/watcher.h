/* watcher.h - watches folders for dump files that WER's LocalDumps writes, and the inbox for whole reports, and takes both into the queue.
 */
#ifndef SALVOR_COLLECTOR_WATCHER_H
#define SALVOR_COLLECTOR_WATCHER_H
#include "intake.h"

struct watcher_options {
    struct intake intake;
    const char *const *folders; /* borrowed */
    size_t folder_count;
    const char *inbox;       /* borrowed; NULL: none */
    const char *own_crashes; /* where crashes of our own programs are noted; see own_crash.h */
    uint64_t scan_interval_ms;
    void (*on_report)(void *context); /* called on the watcher's thread after a report was queued */
    void *context;
};

struct watcher;
enum status watcher_start(struct watcher **ret, const struct watcher_options *options);
void watcher_stop(struct watcher *watcher); /* waits and frees; accepts NULL */

#endif
