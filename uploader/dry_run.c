/* dry_run.c - the head is put together as libcurl does it; a test holds it against a request that was really sent. */
#include "uploader/dry_run.h"
#include "uploader/exit_code.h"
#include "uploader/headers.h"
#include "uploader/scratch.h"
#include "uploader/system.h"
#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COPY_BYTES (64 * 1024)
#define HEAD_BYTES (64 * 1024)

/* Request line and Host. An address with a user in it is none of ours to write down. */
static enum status head_begin(const char *url, struct buffer *head)
{
    CURLU *parsed = curl_url();
    char *host = NULL, *port = NULL, *path = NULL, *query = NULL, *user = NULL;
    enum status status = ST_MEMORY;

    if (!parsed || curl_url_set(parsed, CURLUPART_URL, url, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_HOST, &host, 0) != CURLUE_OK || curl_url_get(parsed, CURLUPART_PATH, &path, 0) != CURLUE_OK)
        goto out;
    curl_url_get(parsed, CURLUPART_PORT, &port, CURLU_NO_DEFAULT_PORT);
    curl_url_get(parsed, CURLUPART_QUERY, &query, 0);
    status = curl_url_get(parsed, CURLUPART_USER, &user, 0) == CURLUE_OK ? ST_UNSUPPORTED : ST_OK;
    if (status == ST_OK)
        status = buffer_printf(head, "POST %s%s%s HTTP/1.1\r\nHost: %s%s%s\r\nUser-Agent: " HEADERS_USER_AGENT "\r\nAccept: */*\r\n", path,
                               query ? "?" : "", query ? query : "", host, port ? ":" : "", port ? port : "");
out:
    curl_free(host);
    curl_free(port);
    curl_free(path);
    curl_free(query);
    curl_free(user);
    curl_url_cleanup(parsed);
    return status;
}

static enum status head_make(const struct post *post, const struct request *request, const char *id, struct buffer *head)
{
    struct curl_slist *headers = headers_make(post->format, post->key, request, id);
    enum status status = headers ? head_begin(post->url, head) : ST_MEMORY;

    for (const struct curl_slist *header = headers; status == ST_OK && header; header = header->next)
        if (header->data[strlen(header->data) - 1] != ':') /* one without a value tells libcurl to leave its own out */
            status = buffer_printf(head, "%s\r\n", header->data);
    if (status == ST_OK)
        status = buffer_printf(head, "Content-Length: %" PRIu64 "\r\n\r\n", request->body_bytes);
    curl_slist_free_all(headers);
    return status;
}

static enum status body_copy(struct file *from, uint64_t size_bytes, struct file *to)
{
    uint8_t *chunk = malloc(COPY_BYTES);
    enum status status = chunk ? ST_OK : ST_MEMORY;

    for (uint64_t offset = 0; status == ST_OK && offset < size_bytes; offset += COPY_BYTES) {
        size_t part = size_bytes - offset < COPY_BYTES ? (size_t)(size_bytes - offset) : COPY_BYTES;

        status = file_read_at(from, offset, chunk, part);
        if (status == ST_OK)
            status = file_write(to, chunk, part);
    }
    free(chunk);
    return status;
}

static enum status request_write(const struct post *post, const struct request_options *options, const struct source *source,
                                 struct file *to)
{
    struct scratch body = {.file = {FILE_CLOSED}};
    struct buffer folder, head;
    struct request request;
    enum status status;

    buffer_init(&folder, 64 * 1024);
    buffer_init(&head, HEAD_BYTES);
    status = system_temp_folder(&folder);
    if (status == ST_OK)
        status = scratch_create(&body, buffer_text(&folder));
    if (status == ST_OK)
        status = request_build(source, options, &body.file, &request);
    if (status == ST_OK)
        status = head_make(post, &request, source->id, &head);
    if (status == ST_OK)
        status = file_write(to, head.data, head.len);
    if (status == ST_OK)
        status = body_copy(&body.file, request.body_bytes, to);
    scratch_done(&body);
    buffer_done(&folder);
    buffer_done(&head);
    return status;
}

int dry_run(const struct post *post, const struct request_options *options, const struct source_extras *extras, const char *path,
            const char *to)
{
    struct source source;
    struct buffer message;
    struct file file = {FILE_CLOSED};
    int code = EXIT_REFUSED;

    buffer_init(&message, 4096);
    if (source_from_file(&source, path, extras, &message) != ST_OK) {
        fprintf(stderr, "salvor-upload: %s\n", buffer_text(&message));
    } else {
        enum status status = file_open(&file, to, FILE_MODE_CREATE);
        bool is_made = status == ST_OK;

        if (status == ST_OK)
            status = request_write(post, options, &source, &file);
        file_close(&file);
        if (status == ST_OK) {
            printf("written file=\"%s\" id=%s request=\"%s\"\n", path, source.id, to);
            code = 0;
        } else {
            fprintf(stderr, "salvor-upload: the request cannot be written to \"%s\": %s.\n", to, status_text(status));
            if (is_made)
                file_remove(to);
        }
        source_done(&source);
    }
    buffer_done(&message);
    return code;
}
