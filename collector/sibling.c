/* sibling.c - one death, one report, while reports wait.
 *
 * A report that is being sent cannot be merged any more; the server knows by the id then. The merged report takes the place of the one that
 * waits by one rename, and then the later one goes: a power cut in between leaves one too many, which is merged once more, and never none.
 */
#include "sibling.h"
#include "base/log.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAYERS_BYTES 256

/* new/ before the history, which tells of a report before it leaves there. */
bool sibling_known(struct spool *spool, const char *id, uint32_t pid)
{
    static const enum spool_state waiting[] = {SPOOL_NEW, SPOOL_PENDING, SPOOL_UPLOADING};
    struct buffer history;
    bool known = false;

    for (size_t i = 0; i < sizeof waiting / sizeof *waiting && !known; i++) {
        char *name = NULL;
        known = spool_find(spool, waiting[i], id, pid, NULL, &name) == ST_OK;
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

static enum status write_merged(struct spool *spool, struct spool_report *richer, struct spool_report *poorer, struct spool_draft **ret,
                                struct buffer *record)
{
    struct spool_draft *draft = NULL;
    const struct spool_attachment *attachments;
    enum status st = merge_records(richer, poorer, record);

    if (!st)
        st = spool_draft_create(spool, &draft);
    if (!st)
        st = spool_draft_copy(draft, richer, spool_report_attachments(richer, &attachments) ? richer : poorer);
    if (st) {
        spool_draft_abandon(draft);
        return st;
    }
    *ret = draft;
    return ST_OK;
}

/* Closes the one that waits: Windows replaces no file that is open. */
static enum status merge(struct spool *spool, struct spool_report *later, enum spool_state state, const char *waiting_name)
{
    struct spool_report *waiting = NULL;
    struct spool_draft *draft = NULL;
    struct buffer record;
    uint64_t later_bytes = spool_report_dump_bytes(later), waiting_bytes = 0;
    enum status st = spool_report_open(spool, state, waiting_name, &waiting);

    buffer_init(&record, RECORD_MAX_BYTES);
    if (!st) {
        waiting_bytes = spool_report_dump_bytes(waiting);
        st = later_bytes > waiting_bytes ? write_merged(spool, later, waiting, &draft, &record)
                                         : write_merged(spool, waiting, later, &draft, &record);
    }
    spool_report_close(waiting);
    if (!st)
        st = spool_draft_replace(draft, buffer_text(&record), record.len, state, waiting_name);
    buffer_done(&record);
    if (!st)
        st = spool_report_drop(later, "merged", NULL);
    if (!st)
        log_info("reports-merged", "id=%s dump_bytes=%" PRIu64, spool_report_id(later),
                 later_bytes > waiting_bytes ? later_bytes : waiting_bytes);
    return st;
}

enum status sibling_merge(struct spool *spool, const char *name, const struct spool_entry *earlier, size_t count, bool *ret_waits)
{
    struct spool_report *later = NULL;
    uint64_t pid = 0;
    size_t bytes = 0;
    char *found = NULL;
    enum spool_state state = SPOOL_PENDING;
    enum status st = spool_report_open(spool, SPOOL_NEW, name, &later);

    if (st)
        return st;
    const char *record = spool_report_record(later, &bytes);
    st = spool_report_twin(later, SPOOL_PENDING, &found);
    if (st == ST_NOT_FOUND && spool_report_id(later)[0] && record_get_u64(record, bytes, RECORD_PID, &pid) && pid <= UINT32_MAX) {
        state = SPOOL_NEW;
        st = spool_find_among(spool, SPOOL_NEW, earlier, count, spool_report_id(later), (uint32_t)pid, name, &found);
    }
    if (!st)
        st = merge(spool, later, state, found);
    *ret_waits = state == SPOOL_PENDING;
    spool_report_close(later);
    free(found);
    return st;
}
