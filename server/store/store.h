/* store.h - a server's data folder: database, blobs and the files of uploads that are not yet reports.
 *
 *   <data>/salvor.db     the database (salvor.db-wal, salvor.db-shm beside it)
 *   <data>/blobs/        blob.h
 *   <data>/tmp/          uploads in progress, and a marker <sha256> for each blob whose report is not committed yet; swept at start
 *   <data>/lock          held by the one server that serves this folder */
#ifndef SALVOR_SERVER_STORE_STORE_H
#define SALVOR_SERVER_STORE_STORE_H
#include "store/blob.h"
#include "store/db.h"

struct store {
    struct db *db;
    struct blob_store *blobs;
    struct mutex *intake_lock; /* held from the first blob_put of a report to its commit, so that nobody deletes a blob in between */
    char *tmp_dir;
    struct file lock;
};
#define STORE_CLOSED                                                                                                                       \
    {                                                                                                                                      \
        .lock = { FILE_CLOSED }                                                                                                            \
    }

/* Opens (makes) the data folder. serve: takes the lock (ST_BUSY: another server has it) and sweeps what a dead server left; without it only
 * the database is opened, which is enough for account and project commands beside a running server. */
enum status store_open(struct store *ret, const char *data_dir, bool serve);
void store_close(struct store *store); /* accepts STORE_CLOSED */

/* The three below are called with the intake lock held. mark: remembers across a crash that blob name may be without a report. put: marks,
 * then blob_put. settle: deletes the blob unless a report refers to it, and forgets the mark. */
enum status store_intake_mark(struct store *store, const char *name);
enum status store_intake_put(struct store *store, const char *name, const char *path);
void store_intake_settle(struct store *store, const char *name);

#endif
