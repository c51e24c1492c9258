/* sibling.c - one death, one report, while reports wait.
 *
 * A report that is being sent cannot be merged any more; the server knows by the id then. The merged report is complete before the others
 * go, so that a power cut leaves one too many and never none. */
#include "sibling.h"
#include "base/log.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PID_TEXT_BYTES 16
#define LAYERS_BYTES   256

/* `<app>-<unix_ts>-<pid>[-n].dmp` */
static bool name_has_pid(const char *name, uint32_t pid)
{
    char text[PID_TEXT_BYTES];
    size_t len = (size_t)snprintf(text, sizeof text, "-%" PRIu32, pid);

    for (const char *at = name; (at = strstr(at, text)) != NULL; at++)
        if (at[len] == '.' || at[len] == '-')
            return true;
    return false;
}

static bool has_id(struct spool *spool, enum spool_state state, const char *name, const char *id)
{
    struct spool_report *report = NULL;
    bool same = spool_report_open(spool, state, name, &report) == ST_OK && strcmp(spool_report_id(report), id) == 0;

    spool_report_close(report);
    return same;
}

char *sibling_find(struct spool *spool, enum spool_state state, const char *id, uint32_t pid, const char *but)
{
    struct spool_entry *entries = NULL;
    size_t count = 0;
    char *found = NULL;

    if (spool_list(spool, state, &entries, &count))
        return NULL;
    for (size_t i = 0; i < count && !found; i++) {
        bool is_candidate = name_has_pid(entries[i].name, pid) && (!but || strcmp(entries[i].name, but) != 0);
        if (is_candidate && has_id(spool, state, entries[i].name, id)) {
            found = entries[i].name;
            entries[i].name = NULL; /* ours now */
        }
    }
    spool_list_free(entries, count);
    return found;
}

/* new/ before the history, which tells of a report before it leaves there. */
bool sibling_known(struct spool *spool, const char *id, uint32_t pid)
{
    static const enum spool_state waiting[] = {SPOOL_NEW, SPOOL_PENDING, SPOOL_UPLOADING};
    struct buffer history;
    bool known = false;

    for (size_t i = 0; i < sizeof waiting / sizeof *waiting && !known; i++) {
        char *name = sibling_find(spool, waiting[i], id, pid, NULL);
        known = name != NULL;
        free(name);
    }
    buffer_init(&history, RECORD_MAX_BYTES);
    known = known || spool_history_read(spool, id, &history) != ST_NOT_FOUND;
    buffer_done(&history);
    return known;
}

/* -- merging -- */

static bool has_word(const char *list, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = list; (at = strstr(at, word)) != NULL; at++)
        if ((at == list || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    return false;
}

/* The layers that a report names, each once. */
static void add_layers(const struct spool_report *report, char layers[LAYERS_BYTES])
{
    size_t bytes, len;
    const char *record = spool_report_record(report, &bytes);
    char own[LAYERS_BYTES];

    if (!record_get(record, bytes, RECORD_LAYERS, own, sizeof own) && !record_get(record, bytes, RECORD_LAYER, own, sizeof own))
        return;
    for (char *at = own, *end; *at; at = end) {
        end = at + strcspn(at, " ");
        if (*end)
            *end++ = '\0';
        len = strlen(layers);
        if (*at && !has_word(layers, at) && len + strlen(at) + 2 <= LAYERS_BYTES)
            snprintf(layers + len, LAYERS_BYTES - len, "%s%s", len ? " " : "", at);
    }
}

static bool is_key(const char *key, size_t key_bytes, const char *const *keys)
{
    for (; *keys; keys++)
        if (strlen(*keys) == key_bytes && memcmp(*keys, key, key_bytes) == 0)
            return true;
    return false;
}

/* The lines of a record as they stand, but for some keys and for those that `above` has already. */
static enum status copy_lines(const struct spool_report *from, const struct spool_report *above, const char *const *but, struct buffer *out)
{
    size_t bytes, above_bytes = 0, cursor = 0;
    const char *record = spool_report_record(from, &bytes), *higher = above ? spool_report_record(above, &above_bytes) : NULL;
    struct record_line line, other;
    enum status st = ST_OK;

    while (!st && record_next(record, bytes, &cursor, &line)) {
        size_t at = 0;
        bool skip = is_key(line.key, line.key_bytes, but);
        while (!skip && higher && record_next(higher, above_bytes, &at, &other))
            skip = other.key_bytes == line.key_bytes && memcmp(other.key, line.key, line.key_bytes) == 0;
        if (skip)
            continue;
        st = buffer_append(out, line.key, line.key_bytes);
        if (!st)
            st = buffer_append_text(out, "=");
        if (!st)
            st = buffer_append(out, line.value, line.value_bytes);
        if (!st)
            st = buffer_append_text(out, "\n");
    }
    return st;
}

/* The richer one's record, then what only the other knows. */
static enum status merge_records(const struct spool_report *richer, const struct spool_report *poorer, struct buffer *out)
{
    static const char *const ours[] = {RECORD_LAYERS, NULL};
    static const char *const theirs[] = {RECORD_LAYERS, RECORD_DUMP_BYTES, RECORD_ATTACHMENT, RECORD_WEAK_ID, NULL};
    char layers[LAYERS_BYTES] = "";
    enum status st = copy_lines(richer, NULL, ours, out);

    add_layers(richer, layers);
    add_layers(poorer, layers);
    if (!st)
        st = buffer_printf(out, RECORD_LAYERS "=%s\n", layers);
    return st ? st : copy_lines(poorer, richer, theirs, out);
}

static enum status write_merged(struct spool *spool, struct spool_report *richer, struct spool_report *poorer)
{
    struct spool_draft *draft = NULL;
    const struct spool_attachment *attachments;
    struct buffer record;
    enum status st;

    buffer_init(&record, RECORD_MAX_BYTES);
    st = merge_records(richer, poorer, &record);
    if (!st)
        st = spool_draft_create(spool, &draft);
    if (!st)
        st = spool_draft_copy(draft, richer, spool_report_attachments(richer, &attachments) ? richer : poorer);
    if (!st) {
        st = spool_draft_commit(draft, buffer_text(&record), record.len, SPOOL_PENDING, NULL);
        draft = NULL;
    }
    spool_draft_abandon(draft);
    buffer_done(&record);
    return st;
}

static enum status merge(struct spool *spool, struct spool_report *later, struct spool_report *waiting)
{
    bool is_later_richer = spool_report_dump_bytes(later) > spool_report_dump_bytes(waiting);
    enum status st = is_later_richer ? write_merged(spool, later, waiting) : write_merged(spool, waiting, later);

    if (!st)
        st = spool_report_drop(waiting, "merged", NULL);
    if (!st)
        st = spool_report_drop(later, "merged", NULL);
    if (!st)
        log_info("reports-merged", "id=%s dump_bytes=%" PRIu64, spool_report_id(later),
                 spool_report_dump_bytes(is_later_richer ? later : waiting));
    return st;
}

enum status sibling_merge(struct spool *spool, const char *name)
{
    struct spool_report *later = NULL, *waiting = NULL;
    uint64_t pid = 0;
    size_t bytes = 0;
    char *found = NULL;
    enum status st = spool_report_open(spool, SPOOL_NEW, name, &later);

    if (st)
        return st;
    const char *record = spool_report_record(later, &bytes);
    if (spool_report_id(later)[0] && record_get_u64(record, bytes, RECORD_PID, &pid) && pid <= UINT32_MAX)
        found = sibling_find(spool, SPOOL_PENDING, spool_report_id(later), (uint32_t)pid, NULL);
    st = found ? spool_report_claim(spool, found, &waiting) : ST_NOT_FOUND;
    if (!st)
        st = merge(spool, later, waiting);
    spool_report_close(waiting);
    spool_report_close(later);
    free(found);
    return st;
}
