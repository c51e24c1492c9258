/* envelope.c - see envelope.h. A payload has a length, or ends with its line; between payload and next header stands a line end, or none
 * when the body ends there. */
#include "ingest/envelope.h"
#include "base/buffer.h"
#include "base/text.h"
#include "ingest/form.h"
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum state {
    STATE_HEADER,       /* of the envelope */
    STATE_ITEM,         /* an item's header, or a blank line */
    STATE_SIZED,        /* a payload of so many bytes */
    STATE_AFTER,        /* its line end */
    STATE_LINE_PAYLOAD, /* a payload up to a line end */
    STATE_FAILED
};

struct envelope {
    const struct multipart_events *events;
    void *context;
    envelope_sender_fn *sender;
    void *sender_context;
    enum state state;
    struct buffer line;
    uint64_t left; /* of a sized payload */
    unsigned items, max_items;
    bool is_wanted; /* the payload that comes is handed on */
    const char *error;
    struct multipart_part part;
};

enum status envelope_create(struct envelope **ret, unsigned max_items, const struct multipart_events *events, void *context,
                            envelope_sender_fn *sender, void *sender_context)
{
    struct envelope *envelope = calloc(1, sizeof *envelope);
    if (!envelope)
        return ST_MEMORY;
    envelope->events = events;
    envelope->context = context;
    envelope->sender = sender;
    envelope->sender_context = sender_context;
    envelope->max_items = max_items;
    envelope->error = "The envelope is in order.";
    buffer_init(&envelope->line, ENVELOPE_MAX_HEADER_BYTES);
    *ret = envelope;
    return ST_OK;
}

void envelope_free(struct envelope *envelope)
{
    if (!envelope)
        return;
    buffer_done(&envelope->line);
    free(envelope);
}

const char *envelope_error(const struct envelope *envelope)
{
    return envelope->error;
}

static enum status fail(struct envelope *envelope, enum status status, const char *error)
{
    envelope->state = STATE_FAILED;
    envelope->error = error;
    return status;
}

static enum status event_said(struct envelope *envelope, bool going)
{
    return going ? ST_OK : fail(envelope, ST_REFUSED, "The envelope is refused.");
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* A DSN is scheme://key@host/project, formerly scheme://key:secret@host/project. "" when it is none. */
static void key_of_dsn(const char *dsn, char ret[ENVELOPE_KEY_BYTES])
{
    const char *scheme = strstr(dsn, "://"), *from = scheme ? scheme + 3 : dsn;
    size_t user = strcspn(from, "@/"), size = strcspn(from, ":@/");
    ret[0] = 0;
    if (!scheme || from[user] != '@' || size >= ENVELOPE_KEY_BYTES)
        return;
    memcpy(ret, from, size);
    ret[size] = 0;
}

static enum status sender_take(struct envelope *envelope, const json_t *header)
{
    char key[ENVELOPE_KEY_BYTES];
    key_of_dsn(text_of(header, "dsn"), key);
    return event_said(envelope, !envelope->sender || envelope->sender(envelope->sender_context, key));
}

/* The envelope's own header: its event id becomes a field. */
static enum status header_take(struct envelope *envelope, const json_t *header)
{
    const char *id = text_of(header, "event_id");
    enum status status = sender_take(envelope, header);
    if (status)
        return status;
    envelope->state = STATE_ITEM;
    if (!id[0])
        return ST_OK;
    memset(&envelope->part, 0, sizeof envelope->part);
    snprintf(envelope->part.name, sizeof envelope->part.name, "sentry[event_id]");
    return event_said(envelope, envelope->events->begin(envelope->context, &envelope->part) &&
                                    envelope->events->data(envelope->context, id, strlen(id)) && envelope->events->end(envelope->context));
}

/* What becomes of an item; false: nothing. */
static bool part_of(const json_t *header, struct multipart_part *ret)
{
    const char *type = text_of(header, "type"), *file_name = text_of(header, "filename");
    bool is_dump = strcmp(text_of(header, "attachment_type"), "event.minidump") == 0;
    memset(ret, 0, sizeof *ret);
    if (strcmp(type, "event") == 0)
        return text_copy(ret->name, sizeof ret->name, "sentry");
    if (strcmp(type, "attachment") != 0)
        return false;
    ret->has_file_name = true;
    text_copy(ret->name, sizeof ret->name, is_dump ? FORM_DUMP_NAME : file_name[0] ? file_name : "attachment");
    text_copy(ret->file_name, sizeof ret->file_name, file_name);
    text_copy(ret->content_type, sizeof ret->content_type, text_of(header, "content_type"));
    return true;
}

static enum status item_end(struct envelope *envelope, enum state next)
{
    envelope->state = next;
    return event_said(envelope, !envelope->is_wanted || envelope->events->end(envelope->context));
}

static enum status item_take(struct envelope *envelope, const json_t *header)
{
    const json_t *length = json_object_get(header, "length");
    if (++envelope->items > envelope->max_items)
        return fail(envelope, ST_FORMAT, "The envelope has too many items.");
    if (length && !json_is_null(length) && (!json_is_integer(length) || json_integer_value(length) < 0))
        return fail(envelope, ST_FORMAT, "An item of the envelope has a length that is no number of bytes.");
    envelope->is_wanted = part_of(header, &envelope->part);
    envelope->left = json_is_integer(length) ? (uint64_t)json_integer_value(length) : 0;
    envelope->state = json_is_integer(length) ? STATE_SIZED : STATE_LINE_PAYLOAD;
    enum status status = event_said(envelope, !envelope->is_wanted || envelope->events->begin(envelope->context, &envelope->part));
    if (!status && envelope->state == STATE_SIZED && !envelope->left)
        status = item_end(envelope, STATE_AFTER);
    return status;
}

static bool line_is_blank(const struct buffer *line)
{
    return strspn(buffer_text(line), " \t\r") == line->len;
}

static enum status line_take(struct envelope *envelope)
{
    if (envelope->state == STATE_ITEM && line_is_blank(&envelope->line))
        return ST_OK;
    json_t *object = json_loadb(buffer_text(&envelope->line), envelope->line.len, JSON_REJECT_DUPLICATES, NULL);
    enum status status = ST_OK;
    if (!json_is_object(object))
        status = fail(envelope, ST_FORMAT, "A header of the envelope is no JSON object on a line of its own.");
    else
        status = envelope->state == STATE_HEADER ? header_take(envelope, object) : item_take(envelope, object);
    json_decref(object);
    buffer_reset(&envelope->line);
    return status;
}

/* Bytes of a line that is a header; *ret_used is how many. */
static enum status header_feed(struct envelope *envelope, const char *bytes, size_t size, size_t *ret_used)
{
    const char *end = memchr(bytes, '\n', size);
    size_t part = end ? (size_t)(end - bytes) : size;
    enum status status = buffer_append(&envelope->line, bytes, part);
    if (status == ST_TOO_LARGE)
        return fail(envelope, status, "A header of the envelope is longer than this server takes.");
    if (status)
        return fail(envelope, status, "The server is out of memory.");
    *ret_used = part + (end ? 1 : 0);
    return end ? line_take(envelope) : ST_OK;
}

static enum status payload_feed(struct envelope *envelope, const char *bytes, size_t size, size_t *ret_used)
{
    bool is_sized = envelope->state == STATE_SIZED;
    const char *end = is_sized ? NULL : memchr(bytes, '\n', size);
    size_t part = end ? (size_t)(end - bytes) : size;
    if (is_sized && part > envelope->left)
        part = (size_t)envelope->left;
    enum status status = event_said(envelope, !envelope->is_wanted || !part || envelope->events->data(envelope->context, bytes, part));
    *ret_used = part + (end ? 1 : 0);
    if (status)
        return status;
    if (is_sized)
        envelope->left -= part;
    if (is_sized && !envelope->left)
        return item_end(envelope, STATE_AFTER);
    return end ? item_end(envelope, STATE_ITEM) : ST_OK;
}

static enum status after_feed(struct envelope *envelope, char byte, size_t *ret_used)
{
    *ret_used = 1;
    if (byte == '\n')
        envelope->state = STATE_ITEM;
    else if (byte != '\r')
        return fail(envelope, ST_FORMAT, "No line end follows an item's payload: its length is wrong.");
    return ST_OK;
}

enum status envelope_feed(struct envelope *envelope, const void *bytes, size_t size)
{
    const char *at = bytes;
    enum status status = envelope->state == STATE_FAILED ? ST_STATE : ST_OK;
    while (size && !status) {
        size_t used = 0;
        if (envelope->state == STATE_HEADER || envelope->state == STATE_ITEM)
            status = header_feed(envelope, at, size, &used);
        else if (envelope->state == STATE_AFTER)
            status = after_feed(envelope, *at, &used);
        else
            status = payload_feed(envelope, at, size, &used);
        at += used;
        size -= used;
    }
    return status;
}

enum status envelope_finish(struct envelope *envelope)
{
    switch (envelope->state) {
    case STATE_FAILED:
        return ST_STATE;
    case STATE_LINE_PAYLOAD:
        return item_end(envelope, STATE_ITEM);
    case STATE_SIZED:
        return fail(envelope, ST_TRUNCATED, "The envelope ends within an item's payload.");
    case STATE_AFTER:
        return ST_OK;
    default: /* a last line without its end: the header of an envelope without items, or of an item that never came */
        if (envelope->state == STATE_ITEM && line_is_blank(&envelope->line))
            return ST_OK;
        if (envelope->state == STATE_HEADER && envelope->line.len)
            return line_take(envelope);
        return fail(envelope, ST_TRUNCATED, "The envelope ends within a header.");
    }
}
