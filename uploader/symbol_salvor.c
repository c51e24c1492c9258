/* symbol_salvor.c - to our own server (docs/protocol.md): what is missing in a few questions, each file by PUT under its address. */
#include "uploader/endpoint.h"
#include "uploader/missing.h"
#include "uploader/scratch.h"
#include "uploader/sink.h"
#include "uploader/symbol_way.h"
#include <stdio.h>
#include <stdlib.h>

#define ANSWER_MAX_BYTES ((size_t)8 * 1024 * 1024) /* the question again, in the most wasteful spelling */

static enum status salvor_address(const char *text, const char *key, bool allow_http, struct buffer *out, const char **ret_why)
{
    enum status status = endpoint_parse(text, NULL, allow_http, out, ret_why);

    (void)key; /* a header carries it */
    if (status != ST_OK)
        return status;
    *ret_why = "it is too long";
    return endpoint_server(out);
}

/* One question for the entries from first on. */
static enum status batch_exchange(struct symbol_sender *sender, size_t first, size_t *ret_next, struct verdict *ret)
{
    const struct symbol_header key = {"Salvor-Key", "", sender->options->key};
    struct scratch body = {.file = {FILE_CLOSED}};
    struct buffer question, url;
    struct reply reply;
    enum status status;

    buffer_init(&question, MISSING_MAX_BYTES);
    buffer_init(&url, SYMBOL_URL_MAX_BYTES);
    status = missing_ask(&sender->list, first, &question, ret_next);
    if (status == ST_OK)
        status = buffer_printf(&url, "%s/api", sender->options->url);
    if (status == ST_OK)
        status = endpoint_path_add(&url, sender->options->project);
    if (status == ST_OK)
        status = buffer_append_text(&url, "/symbols/missing");
    if (status == ST_OK)
        status = scratch_create(&body, buffer_text(&sender->folder));
    if (status == ST_OK)
        status = file_write(&body.file, question.data, question.len);
    if (status == ST_OK) {
        struct transfer_request request = {
            .url = buffer_text(&url), .body = &body.file, .body_bytes = question.len, .reply_max_bytes = ANSWER_MAX_BYTES};

        status = symbol_message_send(sender, &request, "application/json", false, &key, &reply, ret);
    }
    if (status == ST_OK && ret->kind == VERDICT_ACCEPTED &&
        missing_mark(&sender->list, first, *ret_next, reply.body, reply.body_bytes) != ST_OK) {
        *ret = (struct verdict){.kind = VERDICT_CONFIGURATION};
        snprintf(ret->reason, sizeof ret->reason,
                 "the server's answer is no list of symbol files, so it is no Salvor server of this version");
    }
    scratch_done(&body);
    buffer_done(&question);
    buffer_done(&url);
    return status;
}

static enum status salvor_ask(struct symbol_sender *sender, struct verdict *ret)
{
    size_t next = 0;
    enum status status = ST_OK;

    *ret = (struct verdict){.kind = VERDICT_ACCEPTED};
    while (status == ST_OK && ret->kind == VERDICT_ACCEPTED && next < sender->list.count)
        status = batch_exchange(sender, next, &next, ret);
    return status;
}

/* Packs a file into body; *ret_size is what the file holds, *ret_packed what body does. */
static enum status file_pack(const struct symbol_sender *sender, const struct symbol_entry *entry, struct file *body, uint64_t *ret_size,
                             uint64_t *ret_packed)
{
    struct file file = {FILE_CLOSED};
    struct sink *sink = NULL;
    struct symbol_packing packing = {sender->options->progress, 0};
    enum status status = symbol_entry_open(entry, &file, &packing.total);

    if (status == ST_OK)
        status = sink_create(&sink, body, sender->options->gzip, packing.total);
    if (status == ST_OK) {
        sink_watch(sink, symbol_packing_tell, &packing);
        status = sink_write_file(sink, &file, 0, packing.total);
    }
    if (status == ST_OK)
        status = sink_finish(sink, ret_size, ret_packed);
    sink_free(sink);
    file_close(&file);
    return status;
}

static enum status entry_url(const struct symbol_sender *sender, const struct symbol_entry *entry, struct buffer *url)
{
    enum status status = buffer_printf(url, "%s/symbols", sender->options->url);

    if (status == ST_OK)
        status = endpoint_path_add(url, entry->name);
    if (status == ST_OK)
        status = endpoint_path_add(url, entry->id);
    return status == ST_OK ? endpoint_path_add(url, entry->file) : status;
}

static enum status salvor_send(struct symbol_sender *sender, const struct symbol_entry *entry, struct symbol_result *ret)
{
    const struct symbol_header key = {"Salvor-Key", "", sender->options->key};
    struct scratch body = {.file = {FILE_CLOSED}};
    struct transfer_request request = {.method = "PUT", .body = &body.file, .reply_max_bytes = SYMBOL_REPLY_MAX_BYTES};
    struct buffer url;
    struct reply reply;
    enum status status;

    buffer_init(&url, SYMBOL_URL_MAX_BYTES);
    status = entry_url(sender, entry, &url);
    if (status == ST_OK)
        status = scratch_create(&body, buffer_text(&sender->folder));
    if (status == ST_OK)
        status = file_pack(sender, entry, &body.file, &ret->size_bytes, &request.body_bytes);
    request.url = buffer_text(&url);
    if (status == ST_OK)
        status = symbol_message_send(sender, &request, "application/octet-stream", sender->options->gzip, &key, &reply, &ret->verdict);
    scratch_done(&body);
    buffer_done(&url);
    return status;
}

const struct symbol_way symbol_way_salvor = {.format = "salvor",
                                             .kinds = 1u << LOCATE_SYM | 1u << LOCATE_PDB | 1u << LOCATE_PE,
                                             .has_gzip = true,
                                             .address = salvor_address,
                                             .ask = salvor_ask,
                                             .send = salvor_send};
