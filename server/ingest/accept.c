/* accept.c - see accept.h. Order: files synced, blobs in place, transaction committed; any failure undoes what came before it. */
#include "ingest/accept.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "base/thread.h"
#include "ingest/dump_check.h"
#include "ingest/facts.h"
#include "store/note.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CLOCK_AHEAD_MS (24 * 3600 * 1000)

struct accepting {
    const struct accept_request *request;
    struct form_file *dump; /* NULL: a report without one */
    struct facts facts;
    struct facts_json json;
    struct report_attachment attachments[REPORT_MAX_ATTACHMENTS];
    size_t attachment_count;
    uint32_t dump_time_unix;
};

/* -- what is refused -- */

static bool check_dump_file(struct accepting *accepting, struct refusal *refusal)
{
    static const char LINE_BREAK[] = {'\r', '\n'};
    struct spill *spill = accepting->dump->spill;
    uint64_t needed = 0;
    if (!spill_bytes(spill))
        return refusal_set(refusal, 400, "The minidump is empty.");
    enum status status = dump_check(spill_file(spill), spill_bytes(spill), &accepting->dump_time_unix, &needed);
    if (status == ST_TRUNCATED && needed == spill_bytes(spill) + sizeof LINE_BREAK && accepting->request->is_form) {
        /* A client that writes no line break before the boundary, and a dump that ends in one: it was taken for the boundary's. */
        status = spill_write(spill, LINE_BREAK, sizeof LINE_BREAK);
        if (!status)
            status = dump_check(spill_file(spill), spill_bytes(spill), &accepting->dump_time_unix, &needed);
    }
    if (status == ST_FORMAT)
        return refusal_set(refusal, 400, "The file is not a minidump.");
    if (status == ST_TRUNCATED)
        return refusal_set(refusal, 400, "The minidump is truncated: its directory points beyond its end.");
    return status ? refusal_set_status(refusal, status) : true;
}

/* Only a Salvor collector knows of crashes that left no dump; its record says which. */
static bool check_dump(struct accepting *accepting, struct refusal *refusal)
{
    accepting->dump = form_dump(accepting->request->form);
    if (accepting->dump)
        return check_dump_file(accepting, refusal);
    if (accepting->facts.has_record && accepting->facts.dedupe[0])
        return true;
    return refusal_set(refusal, 400, "The form holds no minidump (part upload_file_minidump).");
}

static bool sync_files(struct form *form, struct refusal *refusal)
{
    struct form_file *files = NULL;
    size_t count = form_files(form, &files);
    for (size_t i = 0; i < count; i++) {
        enum status status = spill_finish(files[i].spill);
        if (status)
            return refusal_set_status(refusal, status);
    }
    return true;
}

/* -- what is stored -- */

static void collect_attachments(struct accepting *accepting)
{
    struct form_file *files = NULL;
    size_t count = form_files(accepting->request->form, &files);
    for (size_t i = 0; i < count && accepting->attachment_count < REPORT_MAX_ATTACHMENTS; i++) {
        if (&files[i] == accepting->dump)
            continue;
        struct report_attachment *attachment = &accepting->attachments[accepting->attachment_count++];
        attachment->name = files[i].file_name[0] ? files[i].file_name : files[i].name;
        attachment->size_bytes = spill_bytes(files[i].spill);
        text_copy(attachment->blob, sizeof attachment->blob, spill_blob(files[i].spill));
    }
}

/* The client's word, else the dump's header, else now; a clock that runs ahead is not believed. */
static int64_t crash_time(const struct accepting *accepting, int64_t now_ms)
{
    int64_t time_ms = accepting->facts.crash_time_ms;
    if (!time_ms)
        time_ms = (int64_t)accepting->dump_time_unix * 1000;
    return time_ms && time_ms <= now_ms + MAX_CLOCK_AHEAD_MS ? time_ms : now_ms;
}

static void fill_delivery(struct accepting *accepting, struct report_delivery *ret)
{
    struct facts *facts = &accepting->facts;
    int64_t now_ms = clock_unix_ms();
    const char *blob = accepting->dump ? spill_blob(accepting->dump->spill) : "";
    if (!facts->dedupe[0])
        snprintf(facts->dedupe, sizeof facts->dedupe, "sha256:%s", blob);
    *ret = (struct report_delivery){
        .project_id = accepting->request->project_id,
        .received_ms = now_ms,
        .crash_time_ms = crash_time(accepting, now_ms),
        .dedupe = facts->dedupe,
        .client_id = facts->client_id[0] ? facts->client_id : NULL,
        .app = facts->app,
        .version = facts->version,
        .layer = facts->layer,
        .dump_name = accepting->dump ? accepting->dump->file_name : "",
        .fields_json = accepting->json.fields,
        .record_json = accepting->json.record,
        .annotations_json = accepting->json.annotations,
        .dump_bytes = accepting->dump ? spill_bytes(accepting->dump->spill) : 0,
        .counted = accepting->dump ? 0 : facts->counted,
        .alike = facts->alike,
        .attachments = accepting->attachments,
        .attachment_count = accepting->attachment_count,
    };
    text_copy(ret->dump_blob, sizeof ret->dump_blob, blob);
}

/* With the intake lock held. */
static enum status put_blobs(struct accepting *accepting)
{
    struct form_file *files = NULL;
    size_t count = form_files(accepting->request->form, &files);
    enum status status = ST_OK;
    for (size_t i = 0; i < count && !status; i++)
        status = store_intake_put(accepting->request->store, spill_blob(files[i].spill), spill_path(files[i].spill));
    return status;
}

static void settle_blobs(struct accepting *accepting, const struct report_leftovers *leftovers)
{
    struct form_file *files = NULL;
    size_t count = form_files(accepting->request->form, &files);
    for (size_t i = 0; i < count; i++)
        if (spill_blob(files[i].spill)[0])
            store_intake_settle(accepting->request->store, spill_blob(files[i].spill));
    for (size_t i = 0; i < leftovers->count; i++)
        store_intake_settle(accepting->request->store, leftovers->blobs[i]);
}

static enum status mark_leftovers(struct store *store, const struct report_leftovers *leftovers)
{
    enum status status = ST_OK;
    for (size_t i = 0; i < leftovers->count && !status; i++)
        status = store_intake_mark(store, leftovers->blobs[i]);
    return status;
}

static enum status commit(struct accepting *accepting, const struct report_delivery *delivery, char ret_id[UUID_TEXT_BYTES],
                          enum report_outcome *ret_outcome, struct report_leftovers *leftovers)
{
    struct store *store = accepting->request->store;
    struct db_tx *tx = NULL;
    enum status status = db_begin(store->db, DB_WRITE, &tx);
    if (status)
        return status;
    status = report_deliver(tx, delivery, ret_id, ret_outcome, leftovers);
    if (!status)
        status = mark_leftovers(store, leftovers);
    if (status) {
        db_rollback(tx);
        return status;
    }
    return db_commit(tx);
}

static bool store_delivery(struct accepting *accepting, char ret_id[UUID_TEXT_BYTES], enum report_outcome *ret_outcome,
                           struct refusal *refusal)
{
    struct report_delivery delivery;
    struct report_leftovers leftovers = {.count = 0};
    struct store *store = accepting->request->store;
    fill_delivery(accepting, &delivery);
    mutex_lock(store->intake_lock);
    enum status status = put_blobs(accepting);
    if (!status)
        status = commit(accepting, &delivery, ret_id, ret_outcome, &leftovers);
    settle_blobs(accepting, &leftovers);
    mutex_unlock(store->intake_lock);
    return status ? refusal_set_status(refusal, status) : true;
}

static bool store_note(struct accepting *accepting, char ret_id[UUID_TEXT_BYTES], enum report_outcome *ret_outcome, struct refusal *refusal)
{
    const struct facts *facts = &accepting->facts;
    struct note note = {
        accepting->request->project_id, clock_unix_ms(), facts->client_id, facts->kind, facts->about, facts->app, facts->version,
        accepting->json.record};
    struct db_tx *tx = NULL;
    bool is_new = false;
    enum status status = db_begin(accepting->request->store->db, DB_WRITE, &tx);
    if (!status) {
        status = note_add(tx, &note, &is_new);
        if (status)
            db_rollback(tx);
        else
            status = db_commit(tx);
    }
    if (status)
        return refusal_set_status(refusal, status);
    text_copy(ret_id, UUID_TEXT_BYTES, facts->client_id);
    *ret_outcome = is_new ? REPORT_NEW : REPORT_REPEATED;
    return true;
}

/* Something of a Salvor client that is no crash. */
static bool is_note(const struct accepting *accepting)
{
    return accepting->facts.kind[0] && accepting->facts.client_id[0] && !form_dump(accepting->request->form);
}

bool accept_report(const struct accept_request *request, char ret_id[UUID_TEXT_BYTES], enum report_outcome *ret_outcome,
                   struct refusal *refusal)
{
    bool accepted = false;
    struct accepting *accepting = calloc(1, sizeof *accepting);
    if (!accepting)
        return refusal_set_status(refusal, ST_MEMORY);
    accepting->request = request;
    facts_read(request->form, request->idempotency_key, &accepting->facts);
    if (!check_dump(accepting, refusal) || !sync_files(request->form, refusal))
        goto out;
    collect_attachments(accepting);
    if (facts_to_json(request->form, &accepting->json)) {
        refusal_set_status(refusal, ST_MEMORY);
        goto out;
    }
    accepted =
        is_note(accepting) ? store_note(accepting, ret_id, ret_outcome, refusal) : store_delivery(accepting, ret_id, ret_outcome, refusal);
out:
    facts_json_done(&accepting->json);
    free(accepting);
    return accepted;
}
