/* symbols.c - find, ask, send. The server says what it lacks, so a run that was broken off goes on where it stopped. */
#include "uploader/symbols.h"
#include "uploader/endpoint.h"
#include "uploader/exit_code.h"
#include "uploader/headers.h"
#include "uploader/missing.h"
#include "uploader/scratch.h"
#include "uploader/sink.h"
#include "uploader/system.h"
#include "uploader/verdict.h"
#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define URL_MAX_BYTES    ((size_t)16 * 1024)
#define ANSWER_MAX_BYTES ((size_t)8 * 1024 * 1024) /* the question again, in the most wasteful spelling */
#define REPLY_MAX_BYTES  ((size_t)64 * 1024)
#define COPY_BYTES       ((size_t)64 * 1024)

struct sender {
    struct transfer *transfer;
    const struct symbols_options *options;
    struct buffer folder; /* for packed files */
    struct symbol_list list;
    bool is_stopped;
    size_t present, uploaded, refused, waiting;
};

enum status symbols_address(const char *text, bool allow_http, struct buffer *out, const char **ret_why)
{
    enum status status = endpoint_parse(text, NULL, allow_http, out, ret_why);

    if (status != ST_OK)
        return status;
    *ret_why = "it is too long";
    return endpoint_server(out);
}

/* The headers of both requests; NULL without memory. */
static struct curl_slist *headers_of(const struct symbols_options *options, const char *content_type, bool is_gzip)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    bool made = list && headers_add(&list, "Content-Type", content_type);

    if (made && is_gzip)
        made = headers_add(&list, "Content-Encoding", "gzip");
    if (made && options->key[0])
        made = headers_add(&list, "Salvor-Key", options->key);
    if (made)
        return list;
    curl_slist_free_all(list);
    return NULL;
}

/* Sends a body, and judges the answer; *ret_reply is for who wants to read more of it. */
static enum status message_send(struct sender *sender, struct transfer_request *request, const char *content_type, bool is_gzip,
                                struct reply *ret_reply, struct verdict *ret)
{
    enum status status;

    request->may_repeat = true;
    request->headers = headers_of(sender->options, content_type, is_gzip);
    status = request->headers ? transfer_run(sender->transfer, request, ret_reply) : ST_MEMORY;
    if (status == ST_OK)
        verdict_decide(ret_reply, ret);
    curl_slist_free_all(request->headers);
    return status;
}

/* A failure of our own side, in words, as a verdict to wait. */
static void own_failure(const struct sender *sender, enum status status, struct verdict *ret)
{
    *ret = (struct verdict){.kind = VERDICT_WAIT, .is_endpoint_wide = true};
    snprintf(ret->reason, sizeof ret->reason, "the request could not be made in \"%s\": %s", buffer_text(&sender->folder),
             status_text(status));
}

static const char *advice_of(const struct verdict *verdict)
{
    if (verdict->kind == VERDICT_CONFIGURATION)
        return " Check --url, --key and --project.";
    return verdict->kind == VERDICT_WAIT ? " Try again later: what has arrived is not sent again." : "";
}

/* One question for the entries from first on. */
static enum status batch_exchange(struct sender *sender, size_t first, size_t *ret_next, struct verdict *ret)
{
    struct scratch body = {.file = {FILE_CLOSED}};
    struct buffer question, url;
    struct reply reply;
    enum status status;

    buffer_init(&question, MISSING_MAX_BYTES);
    buffer_init(&url, URL_MAX_BYTES);
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

        status = message_send(sender, &request, "application/json", false, &reply, ret);
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

/* Asks for all entries; the exit code when that failed, else EXIT_ACCEPTED. */
static int missing_find(struct sender *sender)
{
    struct verdict verdict;
    size_t next = 0;

    while (next < sender->list.count) {
        enum status status = batch_exchange(sender, next, &next, &verdict);

        if (status != ST_OK)
            own_failure(sender, status, &verdict);
        if (verdict.kind != VERDICT_ACCEPTED) {
            fprintf(stderr, "salvor-upload: what the server lacks is not known: %s.%s\n", verdict.reason, advice_of(&verdict));
            return verdict.kind == VERDICT_WAIT ? EXIT_LATER : EXIT_REFUSED;
        }
    }
    return EXIT_ACCEPTED;
}

struct packing {
    struct progress *progress;
    uint64_t total;
};

static void packing_tell(void *context, uint64_t in)
{
    const struct packing *packing = context;

    progress_pack(packing->progress, in, packing->total);
}

static enum status file_sink(struct file *from, uint64_t size_bytes, struct sink *sink)
{
    uint8_t *chunk = malloc(COPY_BYTES);
    enum status status = chunk ? ST_OK : ST_MEMORY;

    for (uint64_t offset = 0; status == ST_OK && offset < size_bytes; offset += COPY_BYTES) {
        size_t part = size_bytes - offset < COPY_BYTES ? (size_t)(size_bytes - offset) : COPY_BYTES;

        status = file_read_at(from, offset, chunk, part);
        if (status == ST_OK)
            status = sink_write(sink, chunk, part);
    }
    free(chunk);
    return status;
}

/* Packs a file into body; *ret_size is what the file holds, *ret_packed what body does. */
static enum status file_pack(const struct sender *sender, const char *path, struct file *body, uint64_t *ret_size, uint64_t *ret_packed)
{
    struct file file = {FILE_CLOSED};
    struct file_info info;
    struct sink *sink = NULL;
    struct packing packing = {sender->options->progress, 0};
    enum status status = file_open(&file, path, FILE_MODE_READ);

    if (status == ST_OK)
        status = file_info_of(&file, &info);
    if (status == ST_OK)
        status = sink_create(&sink, body, sender->options->gzip, info.size_bytes);
    if (status == ST_OK) {
        packing.total = info.size_bytes;
        if (packing.progress)
            sink_watch(sink, packing_tell, &packing);
        status = file_sink(&file, info.size_bytes, sink);
    }
    if (status == ST_OK)
        status = sink_finish(sink, ret_size, ret_packed);
    sink_free(sink);
    file_close(&file);
    return status;
}

static enum status entry_url(const struct sender *sender, const struct symbol_entry *entry, struct buffer *url)
{
    enum status status = buffer_printf(url, "%s/symbols", sender->options->url);

    if (status == ST_OK)
        status = endpoint_path_add(url, entry->name);
    if (status == ST_OK)
        status = endpoint_path_add(url, entry->id);
    return status == ST_OK ? endpoint_path_add(url, entry->file) : status;
}

static enum status entry_exchange(struct sender *sender, const struct symbol_entry *entry, uint64_t *ret_size, struct verdict *ret)
{
    struct scratch body = {.file = {FILE_CLOSED}};
    struct transfer_request request = {.is_put = true, .body = &body.file, .reply_max_bytes = REPLY_MAX_BYTES};
    struct buffer url;
    struct reply reply;
    enum status status;

    buffer_init(&url, URL_MAX_BYTES);
    status = entry_url(sender, entry, &url);
    if (status == ST_OK)
        status = scratch_create(&body, buffer_text(&sender->folder));
    if (status == ST_OK)
        status = file_pack(sender, entry->path, &body.file, ret_size, &request.body_bytes);
    request.url = buffer_text(&url);
    if (status == ST_OK)
        status = message_send(sender, &request, "application/octet-stream", sender->options->gzip, &reply, ret);
    scratch_done(&body);
    buffer_done(&url);
    return status;
}

static void entry_send(struct sender *sender, const struct symbol_entry *entry)
{
    struct verdict verdict;
    uint64_t size_bytes = 0;
    enum status status;

    if (sender->options->progress)
        progress_begin(sender->options->progress, entry->file);
    status = entry_exchange(sender, entry, &size_bytes, &verdict);
    if (status != ST_OK)
        own_failure(sender, status, &verdict);
    if (sender->options->progress)
        progress_clear(sender->options->progress);
    if (verdict.kind == VERDICT_ACCEPTED) {
        printf("uploaded file=\"%s\" address=\"%s/%s/%s\" size_bytes=%" PRIu64 "\n", entry->path, entry->name, entry->id, entry->file,
               size_bytes);
        fflush(stdout);
        sender->uploaded++;
        return;
    }
    fprintf(stderr, "salvor-upload: \"%s\" was not taken: %s.%s\n", entry->path, verdict.reason, advice_of(&verdict));
    *(verdict.kind == VERDICT_WAIT ? &sender->waiting : &sender->refused) += 1;
    sender->is_stopped = verdict.is_endpoint_wide;
}

static int list_send(struct sender *sender)
{
    size_t at = 0;

    for (; at < sender->list.count && !sender->is_stopped; at++)
        if (sender->list.items[at].is_missing)
            entry_send(sender, &sender->list.items[at]);
        else
            sender->present++;
    for (; at < sender->list.count; at++) /* the server or the way to it failed for all alike */
        *(sender->list.items[at].is_missing ? &sender->waiting : &sender->present) += 1;
    printf("salvor-upload symbols found=%zu present=%zu uploaded=%zu refused=%zu unreadable=%zu waiting=%zu\n", sender->list.count,
           sender->present, sender->uploaded, sender->refused, sender->list.unreadable, sender->waiting);
    if (sender->refused || sender->list.unreadable)
        return sender->waiting && !sender->refused ? EXIT_LATER : EXIT_REFUSED;
    return sender->waiting ? EXIT_LATER : EXIT_ACCEPTED;
}

int symbols_run(struct transfer *transfer, const struct symbols_options *options)
{
    struct sender sender = {.transfer = transfer, .options = options};
    int code = EXIT_LATER;
    enum status status;

    buffer_init(&sender.folder, 64 * 1024);
    status = system_temp_folder(&sender.folder);
    if (status == ST_OK)
        status = symbol_list_find(&sender.list, options->paths);
    if (status != ST_OK) {
        fprintf(stderr, "salvor-upload: the symbol files cannot be listed: %s.\n", status_text(status));
    } else if (!sender.list.count) {
        fprintf(stderr, "salvor-upload: no PE, PDB or .sym file was found; name the folders that the build writes into.\n");
        code = EXIT_REFUSED;
    } else {
        code = missing_find(&sender);
        if (code == EXIT_ACCEPTED)
            code = list_send(&sender);
    }
    symbol_list_done(&sender.list);
    buffer_done(&sender.folder);
    return code;
}
