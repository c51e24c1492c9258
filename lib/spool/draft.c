/* draft.c - writing one report: a locked file in tmp/ that becomes a report by one rename, or is removed. */
#include "base/log.h"
#include "spool/internal.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COPY_BYTES      (64 * 1024)
#define LINES_MAX_BYTES (SPOOL_ATTACHMENTS_MAX * (SPOOL_NAME_BYTES + 64))

struct spool_draft {
    struct spool *spool;
    struct file file;
    char *path;
    bool dump_ended;
    uint64_t dump_bytes, end;
    size_t attachment_count;
    struct buffer lines;    /* attachment lines of the record to be */
    enum spool_state state; /* once published */
};

enum status spool_draft_create(struct spool *spool, struct spool_draft **ret)
{
    struct spool_draft *draft = calloc(1, sizeof *draft);
    enum status status;

    if (!draft)
        return ST_MEMORY;
    draft->spool = spool;
    buffer_init(&draft->lines, LINES_MAX_BYTES);
    status = spool_tmp_create(spool, NULL, &draft->file, &draft->path);
    if (status != ST_OK) {
        free(draft);
        return status;
    }
    *ret = draft;
    return ST_OK;
}

struct file *spool_draft_file(struct spool_draft *draft)
{
    return &draft->file;
}

const char *spool_draft_path(const struct spool_draft *draft)
{
    return draft->path;
}

static void draft_free(struct spool_draft *draft)
{
    file_close(&draft->file);
    buffer_done(&draft->lines);
    free(draft->path);
    free(draft);
}

void spool_draft_abandon(struct spool_draft *draft)
{
    if (!draft)
        return;
    file_remove(draft->path); /* while the lock is held, so that no sweep can be in the middle of it */
    draft_free(draft);
}

enum status spool_draft_end_dump(struct spool_draft *draft, uint64_t *ret_dump_bytes)
{
    struct file_info info;
    enum status status;

    if (draft->dump_ended)
        return ST_STATE;
    status = file_info_of(&draft->file, &info);
    if (status == ST_OK)
        status = file_seek(&draft->file, info.size_bytes);
    if (status != ST_OK)
        return status;
    draft->dump_bytes = draft->end = info.size_bytes;
    draft->dump_ended = true;
    if (ret_dump_bytes)
        *ret_dump_bytes = draft->dump_bytes;
    return ST_OK;
}

/* Copies from source's position to its end; *ret_bytes counts. */
static enum status copy_bounded(struct file *to, struct file *source, uint64_t max_bytes, uint64_t *ret_bytes)
{
    uint64_t total = 0;
    size_t got;
    enum status status = ST_MEMORY;
    uint8_t *chunk = malloc(COPY_BYTES);

    while (chunk && (status = file_read(source, chunk, COPY_BYTES, &got)) == ST_OK && got) {
        total += got;
        status = total > max_bytes ? ST_TOO_LARGE : file_write(to, chunk, got);
        if (status != ST_OK)
            break;
    }
    free(chunk);
    if (status == ST_OK)
        *ret_bytes = total;
    return status;
}

/* Notes an attachment that the file holds from draft->end on. */
static enum status line_add(struct spool_draft *draft, const char *name, uint64_t size)
{
    enum status status = draft->attachment_count < SPOOL_ATTACHMENTS_MAX ? ST_OK : ST_TOO_LARGE;

    if (status == ST_OK)
        status = buffer_printf(&draft->lines, RECORD_ATTACHMENT "=%" PRIu64 " %" PRIu64 " %s\n", draft->end, size, name);
    if (status == ST_OK) {
        draft->end += size;
        draft->attachment_count++;
    }
    return status;
}

enum status spool_draft_end_written(struct spool_draft *draft, uint64_t dump_bytes, const struct spool_attachment *attachments,
                                    size_t count)
{
    struct file_info info;
    enum status status = draft->dump_ended ? ST_STATE : file_info_of(&draft->file, &info);
    uint64_t left;

    if (status == ST_OK && info.size_bytes < dump_bytes)
        status = ST_FORMAT;
    if (status != ST_OK)
        return status;
    draft->dump_bytes = draft->end = dump_bytes;
    left = info.size_bytes - dump_bytes;
    for (size_t i = 0; status == ST_OK && i < count; i++) {
        if (!path_is_plain_name(attachments[i].name))
            status = ST_ARGUMENT;
        else if (attachments[i].size_bytes > left)
            status = ST_FORMAT;
        else
            status = line_add(draft, attachments[i].name, attachments[i].size_bytes);
        left -= status == ST_OK ? attachments[i].size_bytes : 0;
    }
    if (status == ST_OK && left)
        status = ST_FORMAT;
    draft->dump_ended = status == ST_OK;
    return status;
}

enum status spool_draft_attach(struct spool_draft *draft, const char *name, struct file *source, uint64_t max_bytes)
{
    uint64_t size = 0;
    size_t lines = draft->lines.len;
    enum status status;

    if (!draft->dump_ended)
        return ST_STATE;
    if (!path_is_plain_name(name))
        return ST_ARGUMENT;
    if (draft->attachment_count == SPOOL_ATTACHMENTS_MAX)
        return ST_TOO_LARGE;
    status = copy_bounded(&draft->file, source, max_bytes, &size);
    if (status == ST_OK)
        status = line_add(draft, name, size);
    if (status == ST_OK)
        return ST_OK;
    draft->lines.len = lines;
    if (file_truncate(&draft->file, draft->end) != ST_OK || file_seek(&draft->file, draft->end) != ST_OK)
        log_warn("draft-not-reset", "file=\"%s\" attachment=\"%s\"", draft->path, name); /* commit cuts at draft->end again */
    return status;
}

/* Copies size bytes from offset on to the draft's position. */
static enum status copy_range(struct file *to, struct file *from, uint64_t offset, uint64_t size)
{
    uint8_t *chunk = malloc(COPY_BYTES);
    enum status status = chunk ? ST_OK : ST_MEMORY;

    for (uint64_t done = 0; status == ST_OK && done < size;) {
        size_t part = size - done < COPY_BYTES ? (size_t)(size - done) : COPY_BYTES;

        status = file_read_at(from, offset + done, chunk, part);
        if (status == ST_OK)
            status = file_write(to, chunk, part);
        done += part;
    }
    free(chunk);
    return status;
}

enum status spool_draft_copy(struct spool_draft *draft, struct spool_report *dump, struct spool_report *attachments)
{
    enum status status = draft->dump_ended ? ST_STATE : copy_range(&draft->file, &dump->file, 0, dump->dump_bytes);

    if (status == ST_OK)
        status = spool_draft_end_dump(draft, NULL);
    for (size_t i = 0; status == ST_OK && i < attachments->attachment_count; i++) {
        const struct spool_attachment *from = &attachments->attachments[i];

        status = copy_range(&draft->file, &attachments->file, from->offset, from->size_bytes);
        if (status == ST_OK)
            status = line_add(draft, from->name, from->size_bytes);
    }
    return status;
}

/* The rename, and its durability. When the folder cannot be synced the report is taken back: the caller hears of an error and may repeat,
 * and then there must not be two. */
static enum status draft_place(struct spool_draft *draft, const struct buffer *record, enum spool_state state, char **ret_name)
{
    char name[SPOOL_NAME_BYTES], *path;
    enum status status;

    spool_name_make(name, buffer_text(record), record->len);
    status = spool_name_place(draft->spool, draft->path, state, name, true, ret_name);
    if (status != ST_OK)
        return status;
    status = folder_sync(draft->spool->states[state]);
    if (status != ST_OK) {
        path = spool_path(draft->spool, state, *ret_name);
        if (path)
            file_remove(path);
        free(path);
        free(*ret_name);
    }
    return status;
}

/* Everything up to the flush; whole receives the record as it is written. */
static enum status draft_write(struct spool_draft *draft, const char *record, size_t record_bytes, struct buffer *whole)
{
    enum status status = ST_OK;

    if (!draft->dump_ended)
        status = spool_draft_end_dump(draft, NULL);
    if (status == ST_OK)
        status = spool_record_compose(record, record_bytes, draft->dump_bytes, &draft->lines, whole);
    if (status == ST_OK)
        status = spool_tail_write(&draft->file, draft->end, buffer_text(whole), whole->len);
    return status;
}

/* Everything up to the rename. */
static enum status draft_finish(struct spool_draft *draft, const char *record, size_t record_bytes, struct buffer *whole)
{
    enum status status = draft_write(draft, record, record_bytes, whole);

    return status == ST_OK ? file_sync(&draft->file) : status;
}

enum status spool_draft_commit(struct spool_draft *draft, const char *record, size_t record_bytes, enum spool_state state, char **ret_name)
{
    struct buffer whole;
    char *name = NULL;
    enum status status = ST_ARGUMENT;

    buffer_init(&whole, RECORD_MAX_BYTES);
    if ((unsigned)state < SPOOL_STATE_COUNT && state != SPOOL_UPLOADING)
        status = draft_finish(draft, record, record_bytes, &whole);
    if (status == ST_OK)
        status = draft_place(draft, &whole, state, &name);
    buffer_done(&whole);
    if (status != ST_OK) {
        spool_draft_abandon(draft);
        return status;
    }
    draft_free(draft);
    if (ret_name)
        *ret_name = name;
    else
        free(name);
    return ST_OK;
}

enum status spool_draft_publish(struct spool_draft *draft, const char *record, size_t record_bytes, enum spool_state state, char **ret_name)
{
    char name[SPOOL_NAME_BYTES];
    struct buffer whole;
    enum status status = ST_ARGUMENT;

    buffer_init(&whole, RECORD_MAX_BYTES);
    if ((unsigned)state < SPOOL_STATE_COUNT && state != SPOOL_UPLOADING)
        status = draft_write(draft, record, record_bytes, &whole);
    if (status == ST_OK) {
        spool_name_make(name, buffer_text(&whole), whole.len);
        status = spool_name_place(draft->spool, draft->path, state, name, true, ret_name);
    }
    buffer_done(&whole);
    if (status == ST_OK)
        draft->state = state;
    else
        spool_draft_abandon(draft);
    return status;
}

enum status spool_draft_settle(struct spool_draft *draft)
{
    enum status status = file_sync(&draft->file);

    if (status == ST_OK)
        status = folder_sync(draft->spool->states[draft->state]);
    draft_free(draft);
    return status;
}

enum status spool_draft_replace(struct spool_draft *draft, const char *record, size_t record_bytes, enum spool_state state,
                                const char *name)
{
    struct buffer whole;
    char *path = spool_path(draft->spool, state, name);
    enum status status = path ? ST_OK : ST_MEMORY;

    buffer_init(&whole, RECORD_MAX_BYTES);
    if (status == ST_OK)
        status = draft_finish(draft, record, record_bytes, &whole);
    if (status == ST_OK)
        status = file_rename(draft->path, path, true);
    buffer_done(&whole);
    free(path);
    if (status != ST_OK) {
        spool_draft_abandon(draft);
        return status;
    }
    status = folder_sync(draft->spool->states[state]);
    draft_free(draft);
    return status;
}
