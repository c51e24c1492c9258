/* session.h - starts and ends of programs that asked for them to be counted (SALVOR_SESSIONS): kept in the queue's sessions/ folder, a byte
 * an event, and queued as one report with nothing but counts when their day (UTC) is over. */
#ifndef SALVOR_COLLECTOR_SESSION_H
#define SALVOR_COLLECTOR_SESSION_H
#include "spool/spool.h"

enum session_event { SESSION_STARTED = 's', SESSION_CLEAN = 'e', SESSION_CRASHED = 'c' };

/* What is counted together; texts are borrowed, "" where unknown. */
struct session {
    const char *app, *version, *environment, *channel, *consent_of;
    uint32_t consent; /* block.consent */
};

/* Counts for the day of now_unix. */
enum status session_count(struct spool *spool, const uint8_t machine_id[16], const struct session *session, enum session_event event,
                          int64_t now_unix);
/* The last day that is over and may be queued, since 1970: the one before now's, when that has been under way for a minute; who counted for
 * the old day in its last second is done by then. */
int64_t session_day_over(int64_t now_unix);
/* Queues the counts of days that are over, and of days to come, which a clock that was wrong has left; returns how many reports. */
size_t session_flush(struct spool *spool, enum spool_state state, int64_t now_unix);

/* Events that the disk did not take, in memory until it does. Zero is an empty one. */
struct session_backlog {
    struct session_kept *first;
    size_t count;
};
/* ST_FULL: there are too many. */
enum status session_keep(struct session_backlog *backlog, const struct session *session, enum session_event event, int64_t now_unix);
/* Counts as many as the disk takes. */
void session_count_kept(struct session_backlog *backlog, struct spool *spool, const uint8_t machine_id[16]);
void session_backlog_done(struct session_backlog *backlog); /* may be called twice */

#endif
