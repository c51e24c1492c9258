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

enum status session_count(struct spool *spool, const uint8_t machine_id[16], const struct session *session, enum session_event event,
                          int64_t now_unix);
/* Queues the counts of the days before now's; returns how many reports. */
size_t session_flush(struct spool *spool, enum spool_state state, int64_t now_unix);

#endif
