/* user_quota.h - how much one user may bring into the queue through folders that every user can write to. */
#ifndef SALVOR_COLLECTOR_USER_QUOTA_H
#define SALVOR_COLLECTOR_USER_QUOTA_H
#include "base/status.h"

struct user_quota;
/* At most that many reports and bytes of each user in any hour that begins with his first. */
enum status user_quota_create(struct user_quota **ret, uint64_t max_reports, uint64_t max_bytes);
void user_quota_free(struct user_quota *quota); /* accepts NULL */
/* Counts one report; NULL, or why it is one too many, as one sentence part. Used by one thread. */
const char *user_quota_take(struct user_quota *quota, const char *user, uint64_t size_bytes, uint64_t now_ms);

#endif
