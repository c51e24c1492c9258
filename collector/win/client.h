/* client.h - one registered process: its proven identity, its shared block and its events. */
#ifndef SALVOR_COLLECTOR_WIN_CLIENT_H
#define SALVOR_COLLECTOR_WIN_CLIENT_H
#include "base/status.h"
#include "proto/block.h"
#include "proto/pipe.h"
#include "proto/uuid.h"
#include <stdbool.h>
#include <windows.h>

/* A process whose identity the kernel has confirmed. */
struct peer {
    HANDLE process; /* QUERY_INFORMATION | VM_READ | DUP_HANDLE | SYNCHRONIZE, opened now: at crash time it may no longer succeed */
    uint32_t pid;
    uint64_t start_filetime;
    char *app;  /* file name of its program, from the kernel and not from HELLO */
    char *user; /* its user's SID as text */
    uint32_t session;
    char consent_of[UUID_TEXT_BYTES]; /* uuid_consent_of; "" = not known */
};

/* Opens process pid and checks that it is the one that started at start_filetime. NULL, or why not as one sentence part, with the verdict
 * to answer. */
const char *peer_open(struct peer *ret, uint32_t pid, uint64_t start_filetime, enum pipe_verdict *ret_verdict);
void peer_done(struct peer *peer); /* may be called twice */

/* What a wait callback posts. */
struct client_watch {
    HANDLE port;
    ULONG_PTR key;
    uint32_t id;
};

struct client {
    struct peer peer;
    uint32_t id; /* never used twice in one monitor */
    uint32_t pointer_bits;
    uint32_t spare_kind; /* see spares_join */
    HANDLE section, request_event, done_event;
    volatile struct block *head; /* the block's first page only: what lies behind is the dumper's to read */
    HANDLE wait_request, wait_exit;
    unsigned idle_requests; /* events that nothing stood behind */
    struct client_watch on_request, on_exit;
    uint64_t request_order;      /* when its request came, among all requests; 0 = none waits */
    uint32_t request;            /* enum block_request of the dump that waits or is under way */
    uint32_t dumps, extra_dumps; /* asked for; those that were no crash, which number the report ids */
    uint32_t sequence;           /* of the dump that waits or is under way */
    enum status dump_result;
    uint32_t consent;    /* its word that the queue keeps */
    bool consent_failed; /* a later one could not be kept yet */
    uint32_t comments;
    unsigned looks;     /* at its block, until its start is counted */
    uint64_t hang_beat; /* the heartbeat whose silence has its dump */
    bool dumping, exited;
    bool replaced; /* its process has registered anew; this one goes when its dump is done */
    bool reported; /* a crash report of it is in the queue */
};

/* The part of a block that client.head covers. */
#define CLIENT_HEAD_BYTES offsetof(struct block, spool_dir)

/* Makes section and events for a peer; takes over peer's contents, also on an error. inbox, which may be NULL, goes into the block. */
enum status client_create(struct client **ret, struct peer *peer, uint32_t id, uint32_t pointer_bits, const char *inbox);
/* Duplicates the handles into the client's process and writes them into the reply. On an error nothing is left behind there. */
enum status client_share(struct client *client, struct pipe_reply *reply);
/* From now on posts request_key (once; client_watch_again arms it anew) or exit_key with the client's id to the completion port. */
enum status client_watch(struct client *client, HANDLE port, ULONG_PTR request_key, ULONG_PTR exit_key);
/* One packet at a time: a client that sets its event without end cannot fill the port's queue. */
void client_watch_again(struct client *client);
/* Stops posting; after it returns no further packet of this client is queued. May be called twice. */
void client_unwatch(struct client *client);
/* A copy of its whole block, mended: hostile data all the same. Heap; NULL without memory, or where the section cannot be mapped. */
struct block *client_copy_block(const struct client *client);
void client_free(struct client *client); /* accepts NULL */

#endif
