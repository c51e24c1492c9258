/* rollup.c - see rollup.h. */
#include "store/rollup.h"

static enum status add_to_span(struct db_tx *tx, const struct rollup_key *key, int64_t span, int64_t reports, int64_t counted)
{
    int64_t seconds = key->received_ms / 1000;
    int64_t bucket = seconds - seconds % span;
    enum status status =
        db_exec(tx,
                "INSERT INTO rollup (project_id, span, bucket, group_id, version, reports, counted) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
                " ON CONFLICT (project_id, span, bucket, group_id, version)"
                " DO UPDATE SET reports = rollup.reports + excluded.reports, counted = rollup.counted + excluded.counted",
                db_int(key->project_id), db_int(span), db_int(bucket), db_text(key->group_id), db_text(key->version), db_int(reports),
                db_int(counted));
    if (status || reports + counted > 0)
        return status;
    return db_exec(tx,
                   "DELETE FROM rollup WHERE project_id = ?1 AND span = ?2 AND bucket = ?3 AND group_id = ?4 AND version = ?5"
                   " AND reports <= 0 AND counted <= 0",
                   db_int(key->project_id), db_int(span), db_int(bucket), db_text(key->group_id), db_text(key->version));
}

enum status rollup_add(struct db_tx *tx, const struct rollup_key *key, int64_t reports, int64_t counted)
{
    enum status status = add_to_span(tx, key, ROLLUP_HOUR, reports, counted);
    return status ? status : add_to_span(tx, key, ROLLUP_DAY, reports, counted);
}
