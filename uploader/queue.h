/* queue.h - working off a queue's pending reports once. */
#ifndef SALVOR_UPLOADER_QUEUE_H
#define SALVOR_UPLOADER_QUEUE_H
#include "uploader/delivery.h"
#include "uploader/thrift.h"

struct queue_options {
    struct delivery delivery; /* folder and event are the queue's own business */
    const char *url;
    uint64_t thrift_limit_bytes; /* larger reports wait for mains and a free network; UINT64_MAX = none do */
    struct thrift_facts thrift;  /* how things stand now */
};

struct queue_counts {
    size_t accepted, discarded, refused, waiting; /* refused: damaged and held ones too */
    uint64_t retry_after_s;                       /* the longest that the server asked for */
    bool is_misconfigured;                        /* address, key or server are wrong: waiting is of no use until somebody sees to it */
    char reason[384];                             /* why the last one that waits does; "" when none does */
};

/* Sends every pending report (spool_order_for_sending), until the server or the way to it fails as such; then the rest counts as waiting.
 * Each report ends in done/, discarded/, failed/ or back in pending/, with lines in its history. Fails when the queue cannot be read;
 * ST_BUSY: a collector kept it to itself for 10 s. */
enum status queue_run(struct spool *spool, const struct queue_options *options, struct queue_counts *ret);

#endif
