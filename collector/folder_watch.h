/* folder_watch.h - waits until something changes in some folders. It only says that it is time to look again: what changed, and whether
 * notifications were lost, does not matter to callers that rescan. */
#ifndef SALVOR_COLLECTOR_FOLDER_WATCH_H
#define SALVOR_COLLECTOR_FOLDER_WATCH_H
#include "base/status.h"
#include <stddef.h>

#define FOLDER_WATCH_MAX     60
#define FOLDER_WATCH_FOREVER UINT32_MAX

struct folder_watch;
/* Folders that cannot be watched now are tried again at each wait; changes from here on are seen. At most FOLDER_WATCH_MAX. The names are
 * copied. */
enum status folder_watch_create(struct folder_watch **ret, const char *const *folders, size_t count);
/* Returns at a change, at folder_watch_wake, or after timeout_ms. */
void folder_watch_wait(struct folder_watch *watch, uint32_t timeout_ms);
void folder_watch_wake(struct folder_watch *watch); /* from any thread; kept when nobody waits */
void folder_watch_free(struct folder_watch *watch); /* accepts NULL */

#endif
