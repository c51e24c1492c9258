/* group.h - reports with the same signature, and what is kept about them together. */
#ifndef SALVOR_SERVER_STORE_GROUP_H
#define SALVOR_SERVER_STORE_GROUP_H
#include "store/db.h"
#include "store/id.h"

/* A processed report as its group sees it. */
struct group_entry {
    int64_t project_id;
    const char *report_id;
    const char *signature; /* what makes the group; not shown */
    const char *title, *tags, *reason;
    const char *version, *os, *layer; /* the facets */
    int64_t received_ms;
    int64_t counted; /* 0: a report; else a count-only report of so many crashes */
    int64_t score;   /* how much the report's stack tells: the group shows the best, of equals the newest */
};

/* Finds the group of the entry, by its signature or one that it was known by before, or makes one, and counts the report in it (roll-ups
 * aside). */
enum status group_enter(struct db_tx *tx, const struct group_entry *entry, char ret_id[UUID_TEXT_BYTES]);
/* When the group has one report left, which is about to leave it for heir: heir gets its signature and its aliases as aliases. */
enum status group_inherit(struct db_tx *tx, const char *group_id, const char *heir);
/* Takes a report that no longer has this group_id out of the group's counts; an empty group goes. Of entry report_id and the facets count,
 * as they were. */
enum status group_leave(struct db_tx *tx, const char *group_id, const struct group_entry *entry);

#endif
