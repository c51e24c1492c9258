/* user_quota.c - a small table of users; with more than it holds, the one whose hour began first is forgotten. */
#include "user_quota.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

#define USERS      256
#define USER_BYTES 192 /* a SID's text has 184 at most */
#define SPAN_MS    (3600u * 1000)

struct account {
    char user[USER_BYTES]; /* "" = free */
    uint64_t began_ms, reports, bytes;
};

struct user_quota {
    uint64_t max_reports, max_bytes;
    struct account accounts[USERS];
};

enum status user_quota_create(struct user_quota **ret, uint64_t max_reports, uint64_t max_bytes)
{
    struct user_quota *quota = calloc(1, sizeof *quota);

    if (!quota)
        return ST_MEMORY;
    quota->max_reports = max_reports;
    quota->max_bytes = max_bytes;
    *ret = quota;
    return ST_OK;
}

void user_quota_free(struct user_quota *quota)
{
    free(quota);
}

static struct account *account_of(struct user_quota *quota, const char *user, uint64_t now_ms)
{
    struct account *account = &quota->accounts[0];

    for (size_t i = 0; i < USERS; i++) {
        struct account *other = &quota->accounts[i];
        if (strcmp(other->user, user) == 0) {
            account = other;
            break;
        }
        if (!other->user[0] || (account->user[0] && other->began_ms < account->began_ms))
            account = other;
    }
    if (strcmp(account->user, user) != 0 || now_ms - account->began_ms > SPAN_MS) {
        *account = (struct account){.began_ms = now_ms};
        text_copy(account->user, sizeof account->user, user);
    }
    return account;
}

const char *user_quota_take(struct user_quota *quota, const char *user, uint64_t size_bytes, uint64_t now_ms)
{
    struct account *account = account_of(quota, user, now_ms);

    if (account->reports >= quota->max_reports)
        return "its user has brought as many reports this hour as he may";
    if (size_bytes > quota->max_bytes || account->bytes > quota->max_bytes - size_bytes)
        return "its user has brought as many bytes this hour as he may";
    account->reports++;
    account->bytes += size_bytes;
    return NULL;
}
