/* symbol_sentry.c - to Sentry, as its sentry-cli does: the server says how large chunks may be; for each file it says which of its chunks
 * it lacks; these are sent, and it is asked again until the file is put together or refused.
 *
 * Source: sentry-cli's src/api/mod.rs and src/utils/chunks/upload.rs. Chunks always go to the host of the address: an upload address on
 * another one is not believed. */
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "base/thread.h"
#include "proto/sha1.h"
#include "uploader/endpoint.h"
#include "uploader/json_reader.h"
#include "uploader/scratch.h"
#include "uploader/sink.h"
#include "uploader/symbol_way.h"
#include "uploader/system.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUM_BYTES       (2 * SHA1_BYTES + 1)
#define CHUNK_MIN_BYTES (64u * 1024)
#define CHUNK_MAX_BYTES (64u * 1024 * 1024)
#define CHUNKS_MAX      65536u
#define TEXT_BYTES      8192u
#define REPLY_BYTES     ((size_t)4 * 1024 * 1024) /* sums of all chunks of a file */
#define POLL_MS         1000u
#define POLLS_MAX       300u
#define PART_BYTES      65536u

struct chunk {
    char sum[SUM_BYTES];
    bool is_missing;
};

/* One file on its way. */
struct shipment {
    struct symbol_sender *sender;
    const struct symbol_entry *entry;
    struct file file;
    uint64_t size_bytes;
    char sum[SUM_BYTES];
    struct chunk *chunks;
    size_t chunk_count;
    /* the last answer */
    char state[16], detail[256];
    bool is_missing_any;
};

static struct symbol_header bearer_of(const struct symbol_sender *sender)
{
    return (struct symbol_header){"Authorization", "Bearer ", sender->options->key};
}

static enum status sentry_address(const char *text, const char *key, bool allow_http, struct buffer *out, const char **ret_why)
{
    enum status status = endpoint_parse(text, NULL, allow_http, out, ret_why);

    (void)key; /* a header carries it */
    if (status != ST_OK)
        return status;
    *ret_why = "it is too long";
    return endpoint_server(out);
}

/* -- addresses -- */

/* The project is ORGANIZATION/PROJECT; settings.c has seen to it. */
static enum status organization_add(const struct symbol_sender *sender, struct buffer *url)
{
    const char *project = sender->options->project;
    struct buffer organization;
    enum status status;

    buffer_init(&organization, 1024);
    status = buffer_append(&organization, project, strcspn(project, "/"));
    if (status == ST_OK)
        status = endpoint_path_add(url, buffer_text(&organization));
    buffer_done(&organization);
    return status;
}

static enum status chunk_url(const struct symbol_sender *sender, struct buffer *url)
{
    enum status status = buffer_printf(url, "%s/api/0/organizations", sender->options->url);

    if (status == ST_OK)
        status = organization_add(sender, url);
    return status == ST_OK ? buffer_append_text(url, "/chunk-upload/") : status;
}

static enum status assemble_url(const struct symbol_sender *sender, struct buffer *url)
{
    enum status status = buffer_printf(url, "%s/api/0/projects", sender->options->url);

    if (status == ST_OK)
        status = organization_add(sender, url);
    if (status == ST_OK)
        status = endpoint_path_add(url, strchr(sender->options->project, '/') + 1);
    return status == ST_OK ? buffer_append_text(url, "/files/difs/assemble/") : status;
}

static void not_understood(struct verdict *ret)
{
    *ret = (struct verdict){.kind = VERDICT_CONFIGURATION, .is_endpoint_wide = true};
    snprintf(ret->reason, sizeof ret->reason, "the server's answer is none that Sentry gives to symbols");
}

/* -- how large are chunks -- */

static bool read_options(const struct reply *reply, uint64_t *ret_chunk_bytes)
{
    struct json_reader reader = {reply->body, (const char *)reply->body + reply->body_bytes};
    struct buffer key;
    uint64_t chunk_bytes = 0;
    bool is_sound = reply->body_bytes && json_take(&reader, '{');

    buffer_init(&key, TEXT_BYTES);
    do {
        is_sound = is_sound && json_take_text(&reader, &key) && json_take(&reader, ':') &&
                   (strcmp(buffer_text(&key), "chunkSize") == 0 ? json_take_number(&reader, &chunk_bytes) : json_pass_over(&reader));
    } while (is_sound && json_take(&reader, ','));
    buffer_done(&key);
    if (!is_sound || !json_take(&reader, '}') || chunk_bytes < CHUNK_MIN_BYTES)
        return false;
    *ret_chunk_bytes = chunk_bytes < CHUNK_MAX_BYTES ? chunk_bytes : CHUNK_MAX_BYTES;
    return true;
}

/* Each file is asked for when its turn comes: its chunks' sums take reading it whole. */
static enum status sentry_ask(struct symbol_sender *sender, struct verdict *ret)
{
    const struct symbol_header bearer = bearer_of(sender);
    struct transfer_request request = {.method = "GET", .reply_max_bytes = SYMBOL_REPLY_MAX_BYTES};
    struct buffer url;
    struct reply reply;
    enum status status;

    buffer_init(&url, SYMBOL_URL_MAX_BYTES);
    status = chunk_url(sender, &url);
    request.url = buffer_text(&url);
    if (status == ST_OK)
        status = symbol_message_send(sender, &request, NULL, false, &bearer, &reply, ret);
    if (status == ST_OK && ret->kind == VERDICT_ACCEPTED && !read_options(&reply, &sender->chunk_bytes))
        not_understood(ret);
    for (size_t i = 0; i < sender->list.count; i++)
        sender->list.items[i].is_missing = true;
    buffer_done(&url);
    return status;
}

/* -- sums -- */

static void sum_end(struct sha1 *sha1, char ret[SUM_BYTES])
{
    uint8_t sum[SHA1_BYTES];

    sha1_end(sha1, sum);
    text_hex(ret, sum, sizeof sum);
}

static uint64_t chunk_size(const struct shipment *shipment, size_t index)
{
    uint64_t offset = index * shipment->sender->chunk_bytes, left = shipment->size_bytes - offset;

    return left < shipment->sender->chunk_bytes ? left : shipment->sender->chunk_bytes;
}

static enum status sums_make(struct shipment *shipment)
{
    uint64_t chunk_bytes = shipment->sender->chunk_bytes, offset = 0;
    uint8_t *part = malloc(PART_BYTES);
    struct sha1 whole, one;
    enum status status = part ? ST_OK : ST_MEMORY;

    sha1_begin(&whole);
    for (size_t i = 0; status == ST_OK && i < shipment->chunk_count; i++) {
        uint64_t end = i * chunk_bytes + chunk_size(shipment, i);

        sha1_begin(&one);
        while (status == ST_OK && offset < end) {
            size_t size = end - offset < PART_BYTES ? (size_t)(end - offset) : PART_BYTES;

            status = file_read_at(&shipment->file, offset, part, size);
            if (status == ST_OK) {
                sha1_add(&whole, part, size);
                sha1_add(&one, part, size);
            }
            offset += size;
        }
        sum_end(&one, shipment->chunks[i].sum);
    }
    sum_end(&whole, shipment->sum);
    free(part);
    return status;
}

/* -- the question -- */

/* GUID and age with Sentry's hyphens; "" for an image, whose id is another one. */
static void debug_id_of(const struct symbol_entry *entry, char ret[64])
{
    const char *id = entry->id;

    ret[0] = 0;
    if (entry->kind == LOCATE_PE || strlen(id) < 33 || strlen(id) > 40)
        return;
    snprintf(ret, 64, "%.8s-%.4s-%.4s-%.4s-%.12s-%s", id, id + 8, id + 12, id + 16, id + 20, id + 32);
    for (char *c = ret; *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'F' ? *c | 0x20 : *c);
}

static enum status question_make(const struct shipment *shipment, struct buffer *out)
{
    struct json json;
    char debug_id[64];

    debug_id_of(shipment->entry, debug_id);
    json_init(&json, out);
    json_object_begin(&json);
    json_key(&json, shipment->sum);
    json_object_begin(&json);
    json_key(&json, "name");
    json_text(&json, shipment->entry->file);
    if (debug_id[0]) {
        json_key(&json, "debug_id");
        json_text(&json, debug_id);
    }
    json_key(&json, "chunks");
    json_array_begin(&json);
    for (size_t i = 0; i < shipment->chunk_count; i++)
        json_text(&json, shipment->chunks[i].sum);
    json_array_end(&json);
    json_object_end(&json);
    json_object_end(&json);
    return json_done(&json);
}

static void chunk_mark(struct shipment *shipment, const char *sum)
{
    for (size_t i = 0; i < shipment->chunk_count; i++)
        if (text_equal_nocase(shipment->chunks[i].sum, sum))
            shipment->chunks[i].is_missing = shipment->is_missing_any = true;
}

static bool take_missing(struct json_reader *reader, struct shipment *shipment, struct buffer *text)
{
    if (!json_take(reader, '['))
        return false;
    if (json_take(reader, ']'))
        return true;
    do {
        if (!json_take_text(reader, text))
            return false;
        chunk_mark(shipment, buffer_text(text));
    } while (json_take(reader, ','));
    return json_take(reader, ']');
}

static bool take_member(struct json_reader *reader, struct shipment *shipment, struct buffer *text)
{
    struct json_reader ahead;

    if (!json_take_text(reader, text) || !json_take(reader, ':'))
        return false;
    if (strcmp(buffer_text(text), "missingChunks") == 0)
        return take_missing(reader, shipment, text);
    ahead = *reader;
    if (strcmp(buffer_text(text), "state") == 0)
        return json_take_text(reader, text) && text_copy(shipment->state, sizeof shipment->state, buffer_text(text));
    if (strcmp(buffer_text(text), "detail") == 0 && json_take(&ahead, '"')) {
        ahead = *reader;
        if (json_take_text(&ahead, text)) /* one that cannot be shown is passed over */
            text_copy(shipment->detail, sizeof shipment->detail, buffer_text(text));
    }
    return json_pass_over(reader);
}

static bool read_answer(const struct reply *reply, struct shipment *shipment)
{
    struct json_reader reader = {reply->body, (const char *)reply->body + reply->body_bytes};
    struct buffer text;
    bool is_sound;

    shipment->state[0] = shipment->detail[0] = 0;
    shipment->is_missing_any = false;
    for (size_t i = 0; i < shipment->chunk_count; i++)
        shipment->chunks[i].is_missing = false;
    buffer_init(&text, TEXT_BYTES);
    is_sound = reply->body_bytes && json_take(&reader, '{') && json_take_text(&reader, &text) &&
               text_equal_nocase(buffer_text(&text), shipment->sum) && json_take(&reader, ':') && json_take(&reader, '{');
    do {
        is_sound = is_sound && take_member(&reader, shipment, &text);
    } while (is_sound && json_take(&reader, ','));
    buffer_done(&text);
    return is_sound && json_take(&reader, '}') && json_take(&reader, '}') && json_at_end(&reader) && shipment->state[0];
}

static enum status assemble(struct shipment *shipment, struct verdict *ret)
{
    const struct symbol_sender *sender = shipment->sender;
    const struct symbol_header bearer = bearer_of(sender);
    struct scratch body = {.file = {FILE_CLOSED}};
    struct transfer_request request = {.body = &body.file, .reply_max_bytes = REPLY_BYTES};
    struct buffer url, question;
    struct reply reply;
    enum status status;

    buffer_init(&url, SYMBOL_URL_MAX_BYTES);
    buffer_init(&question, CHUNKS_MAX * (SUM_BYTES + 4) + 4096);
    status = assemble_url(sender, &url);
    if (status == ST_OK)
        status = question_make(shipment, &question);
    if (status == ST_OK)
        status = scratch_create(&body, buffer_text(&sender->folder));
    if (status == ST_OK)
        status = file_write(&body.file, question.data, question.len);
    request.url = buffer_text(&url);
    request.body_bytes = question.len;
    if (status == ST_OK)
        status = symbol_message_send(sender, &request, "application/json", false, &bearer, &reply, ret);
    if (status == ST_OK && ret->kind == VERDICT_ACCEPTED && !read_answer(&reply, shipment))
        not_understood(ret);
    scratch_done(&body);
    buffer_done(&question);
    buffer_done(&url);
    return status;
}

/* -- chunks -- */

/* A chunk gzipped into packed. */
static enum status chunk_pack(struct shipment *shipment, size_t index, struct scratch *packed, uint64_t *ret_bytes)
{
    uint64_t size = chunk_size(shipment, index), offset = index * shipment->sender->chunk_bytes, end = offset + size, in;
    struct sink *sink = NULL;
    uint8_t *part = malloc(PART_BYTES);
    enum status status = part ? scratch_create(packed, buffer_text(&shipment->sender->folder)) : ST_MEMORY;

    if (status == ST_OK)
        status = sink_create(&sink, &packed->file, true, size);
    while (status == ST_OK && offset < end) {
        size_t bytes = end - offset < PART_BYTES ? (size_t)(end - offset) : PART_BYTES;

        status = file_read_at(&shipment->file, offset, part, bytes);
        if (status == ST_OK)
            status = sink_write(sink, part, bytes);
        offset += bytes;
    }
    if (status == ST_OK)
        status = sink_finish(sink, &in, ret_bytes);
    sink_free(sink);
    free(part);
    return status;
}

/* The form around it; *ret_bytes is the form's size. */
static enum status chunk_form(const struct shipment *shipment, size_t index, struct file *packed, uint64_t packed_bytes, struct file *body,
                              char *ret_type, size_t type_size, uint64_t *ret_bytes)
{
    struct multipart multipart;
    struct sink *sink = NULL;
    uint64_t in;
    enum status status = sink_create(&sink, body, false, packed_bytes);

    if (status == ST_OK)
        status = multipart_init(&multipart, sink);
    if (status == ST_OK)
        status = multipart_file(&multipart, "file_gzip", shipment->chunks[index].sum, packed, 0, packed_bytes);
    if (status == ST_OK)
        status = multipart_end(&multipart);
    if (status == ST_OK)
        status = sink_finish(sink, &in, ret_bytes);
    if (status == ST_OK)
        snprintf(ret_type, type_size, "multipart/form-data; boundary=%s", multipart.boundary);
    sink_free(sink);
    return status;
}

static enum status chunk_send(struct shipment *shipment, size_t index, struct verdict *ret)
{
    const struct symbol_header bearer = bearer_of(shipment->sender);
    struct scratch packed = {.file = {FILE_CLOSED}}, body = {.file = {FILE_CLOSED}};
    struct transfer_request request = {.body = &body.file, .reply_max_bytes = SYMBOL_REPLY_MAX_BYTES};
    char type[96];
    uint64_t packed_bytes = 0;
    struct buffer url;
    struct reply reply;
    enum status status;

    buffer_init(&url, SYMBOL_URL_MAX_BYTES);
    status = chunk_url(shipment->sender, &url);
    if (status == ST_OK)
        status = chunk_pack(shipment, index, &packed, &packed_bytes);
    if (status == ST_OK)
        status = scratch_create(&body, buffer_text(&shipment->sender->folder));
    if (status == ST_OK)
        status = chunk_form(shipment, index, &packed.file, packed_bytes, &body.file, type, sizeof type, &request.body_bytes);
    request.url = buffer_text(&url);
    if (status == ST_OK)
        status = symbol_message_send(shipment->sender, &request, type, false, &bearer, &reply, ret);
    scratch_done(&packed);
    scratch_done(&body);
    buffer_done(&url);
    return status;
}

static enum status chunks_send(struct shipment *shipment, struct verdict *ret)
{
    enum status status = ST_OK;

    for (size_t i = 0; status == ST_OK && ret->kind == VERDICT_ACCEPTED && i < shipment->chunk_count; i++)
        if (shipment->chunks[i].is_missing)
            status = chunk_send(shipment, i, ret);
    return status;
}

/* -- one file -- */

static bool state_is(const struct shipment *shipment, const char *state)
{
    return strcmp(shipment->state, state) == 0;
}

/* Turns a state that is none to go on from into the verdict. */
static void state_judge(const struct shipment *shipment, struct verdict *ret)
{
    if (state_is(shipment, "ok"))
        return;
    *ret = (struct verdict){.kind = state_is(shipment, "error") ? VERDICT_REFUSED : VERDICT_WAIT};
    if (state_is(shipment, "error"))
        snprintf(ret->reason, sizeof ret->reason, "the server says: %s", shipment->detail[0] ? shipment->detail : "it could not be used");
    else if (state_is(shipment, "not_found"))
        snprintf(ret->reason, sizeof ret->reason, "the server lost what had been sent");
    else
        snprintf(ret->reason, sizeof ret->reason, "the server still works on it");
}

static enum status shipment_run(struct shipment *shipment, struct symbol_result *ret)
{
    enum status status = assemble(shipment, &ret->verdict);

    if (status != ST_OK || ret->verdict.kind != VERDICT_ACCEPTED)
        return status;
    ret->is_present = state_is(shipment, "ok");
    if (state_is(shipment, "not_found")) {
        status = chunks_send(shipment, &ret->verdict);
        if (status == ST_OK && ret->verdict.kind == VERDICT_ACCEPTED)
            status = assemble(shipment, &ret->verdict);
    }
    for (unsigned polls = 0; status == ST_OK && ret->verdict.kind == VERDICT_ACCEPTED && polls < POLLS_MAX &&
                             (state_is(shipment, "created") || state_is(shipment, "assembling"));
         polls++) {
        system_sleep(POLL_MS);
        status = assemble(shipment, &ret->verdict);
    }
    if (status == ST_OK && ret->verdict.kind == VERDICT_ACCEPTED)
        state_judge(shipment, &ret->verdict);
    return status;
}

static enum status shipment_open(struct shipment *shipment)
{
    enum status status = symbol_entry_open(shipment->entry, &shipment->file, &shipment->size_bytes);
    uint64_t chunk_bytes = shipment->sender->chunk_bytes, count = (shipment->size_bytes + chunk_bytes - 1) / chunk_bytes;

    if (status == ST_OK && count > CHUNKS_MAX)
        status = ST_TOO_LARGE;
    if (status != ST_OK)
        return status;
    shipment->chunk_count = (size_t)count;
    shipment->chunks = calloc(shipment->chunk_count + 1, sizeof *shipment->chunks);
    return shipment->chunks ? sums_make(shipment) : ST_MEMORY;
}

static enum status sentry_send(struct symbol_sender *sender, const struct symbol_entry *entry, struct symbol_result *ret)
{
    struct shipment shipment = {.sender = sender, .entry = entry, .file = {FILE_CLOSED}};
    enum status status = shipment_open(&shipment);

    ret->size_bytes = shipment.size_bytes;
    if (status == ST_OK)
        status = shipment_run(&shipment, ret);
    free(shipment.chunks);
    file_close(&shipment.file);
    return status;
}

const struct symbol_way symbol_way_sentry = {.format = "sentry",
                                             .kinds = 1u << LOCATE_SYM | 1u << LOCATE_PDB | 1u << LOCATE_PE,
                                             .has_gzip = true,
                                             .address = sentry_address,
                                             .ask = sentry_ask,
                                             .send = sentry_send};
