/* assemble.c - see assemble.h. A file is put together beside the others on their way in, its own sum is checked, and it is taken in as one
 * that came by any other route, before the answer goes out: clients do not wait for a file that is still being worked on. */
#include "depot/assemble.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "depot/take.h"
#include "store/symbol.h"
#include <stdlib.h>
#include <string.h>

#define MAX_ERROR_BYTES 2048
#define COPY_BYTES      65536u

/* -- reading the question -- */

static bool are_sums(const json_t *chunks)
{
    char sum[CHUNK_SUM_BYTES];
    for (size_t i = 0; i < json_array_size(chunks); i++) {
        const char *text = json_string_value(json_array_get(chunks, i));
        if (!text || !chunk_sum_read(sum, text))
            return false;
    }
    return true;
}

bool assemble_file_read(struct assemble_file *ret, const char *key, const json_t *value)
{
    const json_t *debug_id = json_object_get(value, "debug_id");
    const char *name = json_string_value(json_object_get(value, "name"));
    struct assemble_file file = {.name = name ? path_base(name) : NULL, .chunks = json_object_get(value, "chunks"), .debug_id = ""};
    file.chunk_count = json_array_size(file.chunks);
    if (debug_id && !json_is_null(debug_id)) {
        file.debug_id = json_string_value(debug_id);
        if (!file.debug_id || strlen(file.debug_id) > ASSEMBLE_MAX_DEBUG_ID ||
            strspn(file.debug_id, "0123456789abcdefABCDEF-") != strlen(file.debug_id))
            return false;
    }
    if (!file.name || !chunk_sum_read(file.sum, key) || !json_is_array(file.chunks) || file.chunk_count > ASSEMBLE_MAX_CHUNKS ||
        !are_sums(file.chunks))
        return false;
    *ret = file;
    return true;
}

void assemble_chunk_sum(const struct assemble_file *file, size_t index, char ret[CHUNK_SUM_BYTES])
{
    chunk_sum_read(ret, json_string_value(json_array_get(file->chunks, index)));
}

/* -- one file -- */

struct assembly {
    struct symbol_service *service;
    int64_t project_id;
    struct process_client *client; /* made when the first file needs it */
    struct json json;
    json_t *used;  /* lists of chunks whose file is in, or will never be */
    bool is_taken; /* one file at least */
};

static enum status add_chunk(struct assembly *assembly, const char *sum, struct spill *spill, struct sha1 *sha1)
{
    uint8_t bytes[COPY_BYTES];
    struct file chunk = {FILE_CLOSED};
    size_t got = 0;
    enum status status = chunk_store_get(assembly->service->chunks, assembly->project_id, sum, &chunk);
    while (!status && !(status = file_read(&chunk, bytes, sizeof bytes, &got)) && got) {
        sha1_add(sha1, bytes, got);
        status = spill_bytes(spill) + got > assembly->service->max_bytes ? ST_TOO_LARGE : spill_write(spill, bytes, got);
    }
    file_close(&chunk);
    return status;
}

/* The whole file, synced, in a spill. ST_CHECKSUM: the chunks do not make that file. */
static enum status put_together(struct assembly *assembly, const struct assemble_file *file, struct spill **ret)
{
    char sum[CHUNK_SUM_BYTES];
    uint8_t whole[SHA1_BYTES];
    struct spill *spill = NULL;
    struct sha1 sha1;
    sha1_begin(&sha1);
    enum status status = spill_create(&spill, assembly->service->budget);
    for (size_t i = 0; i < file->chunk_count && !status; i++) {
        assemble_chunk_sum(file, i, sum);
        status = add_chunk(assembly, sum, spill, &sha1);
    }
    if (!status) {
        sha1_end(&sha1, whole);
        text_hex(sum, whole, sizeof whole);
        status = strcmp(sum, file->sum) == 0 ? spill_finish(spill) : ST_CHECKSUM;
    }
    if (status)
        spill_free(spill);
    else
        *ret = spill;
    return status;
}

static enum status remember(struct assembly *assembly, const struct assemble_file *file, const struct symbol_address *address)
{
    char path[SYMBOL_ADDRESS_BYTES];
    struct db_tx *tx = NULL;
    enum status status = db_begin(assembly->service->store->db, DB_WRITE, &tx);
    if (status)
        return status;
    symbol_address_write(address, path);
    status = symbol_sum_set(tx, file->sum, path);
    if (status) {
        db_rollback(tx);
        return status;
    }
    return db_commit(tx);
}

static enum status take_in(struct assembly *assembly, const struct assemble_file *file, const struct spill *spill, struct buffer *error)
{
    struct symbol_service *service = assembly->service;
    const struct take_claim claim = {.file_name = file->name, .debug_id = file->debug_id};
    struct symbol_address address;
    enum depot_outcome outcome = DEPOT_NEW;
    enum status status = assembly->client ? ST_OK : depot_client_create(service->depot, &assembly->client);
    if (!status)
        status = symbol_take(service->depot, assembly->client, spill_path(spill), &claim, &address, &outcome, error);
    if (!status)
        status = remember(assembly, file, &address);
    if (!status)
        assembly->is_taken = true;
    else
        log_info("symbols-refused", "file=\"%s\" sum=%s status=%s reason=\"%s\"", file->name, file->sum, status_name(status),
                 buffer_text(error));
    return status;
}

/* Whether the very file came before under that name and is still there. */
static bool is_here(const struct assembly *assembly, const struct assemble_file *file)
{
    char path[SYMBOL_ADDRESS_BYTES];
    struct db_tx *tx = NULL;
    struct symbol_address address;
    if (db_begin(assembly->service->store->db, DB_READ, &tx))
        return false;
    bool known = symbol_sum_find(tx, file->sum, path, sizeof path) == ST_OK;
    db_rollback(tx);
    return known && symbol_address_read(&address, path) && (address.is_sym || text_equal_nocase(address.file, file->name)) &&
           depot_has(assembly->service->depot, &address);
}

/* -- answers -- */

static void answer_state(struct json *json, const char *state, const char *detail)
{
    json_key(json, "state");
    json_text(json, state);
    json_key(json, "detail");
    json_text(json, detail);
}

static void answer_no_chunks(struct json *json)
{
    json_key(json, "missingChunks");
    json_array_begin(json);
    json_array_end(json);
}

static void answer_error(struct json *json, const char *detail)
{
    answer_state(json, "error", detail);
    answer_no_chunks(json);
}

static void answer_here(struct json *json, const struct assemble_file *file)
{
    answer_state(json, "ok", NULL);
    answer_no_chunks(json);
    json_key(json, "dif");
    json_object_begin(json);
    if (file->debug_id[0]) {
        json_key(json, "debugId");
        json_text(json, file->debug_id);
    }
    json_key(json, "objectName");
    json_text(json, file->name);
    json_key(json, "cpuName");
    json_text(json, "any");
    json_key(json, "sha1");
    json_text(json, file->sum);
    json_object_end(json);
}

/* False: all chunks are here. */
static bool answer_missing(struct assembly *assembly, const struct assemble_file *file)
{
    const struct chunk_store *chunks = assembly->service->chunks;
    char sum[CHUNK_SUM_BYTES];
    size_t first = 0;
    for (; first < file->chunk_count; first++) {
        assemble_chunk_sum(file, first, sum);
        if (!chunk_store_has(chunks, assembly->project_id, sum))
            break;
    }
    if (first == file->chunk_count)
        return false;
    answer_state(&assembly->json, "not_found", NULL);
    json_key(&assembly->json, "missingChunks");
    json_array_begin(&assembly->json);
    for (size_t i = first; i < file->chunk_count; i++) {
        assemble_chunk_sum(file, i, sum);
        if (!chunk_store_has(chunks, assembly->project_id, sum))
            json_text(&assembly->json, sum);
    }
    json_array_end(&assembly->json);
    return true;
}

static void answer_failure(struct assembly *assembly, enum status status, struct buffer *error)
{
    struct buffer sentence;
    if (status == ST_CHECKSUM)
        buffer_printf(error, "does not have the SHA-1 that it is said to have; upload it again");
    else if (status == ST_TOO_LARGE && !error->len)
        buffer_printf(error, "is larger than this server takes");
    else if (!error->len)
        buffer_printf(error, "could not be stored now (%s); upload it again later", status_text(status));
    buffer_init(&sentence, MAX_ERROR_BYTES + 64);
    buffer_printf(&sentence, "The file %s.", buffer_text(error));
    answer_error(&assembly->json, buffer_text(&sentence));
    buffer_done(&sentence);
}

/* What became of a file of which all chunks are here; true: they are of no more use. */
static bool answer_assembled(struct assembly *assembly, const struct assemble_file *file)
{
    struct spill *spill = NULL;
    struct buffer error;
    buffer_init(&error, MAX_ERROR_BYTES);
    enum status status = put_together(assembly, file, &spill);
    if (!status)
        status = take_in(assembly, file, spill, &error);
    spill_free(spill);
    if (!status)
        answer_here(&assembly->json, file);
    else
        answer_failure(assembly, status, &error);
    buffer_done(&error);
    return !status || symbol_service_is_final(status) || status == ST_CHECKSUM || status == ST_TOO_LARGE;
}

static void answer_file(struct assembly *assembly, const struct assemble_file *file)
{
    if (is_here(assembly, file))
        answer_here(&assembly->json, file);
    else if (answer_missing(assembly, file) || !answer_assembled(assembly, file))
        return;
    json_array_append(assembly->used, (json_t *)(uintptr_t)file->chunks); /* without memory for it they go when they are old */
}

static void answer_question(struct assembly *assembly, const json_t *question, struct http_response *response)
{
    const char *key;
    json_t *value;
    struct json *json = &assembly->json;
    response->status = 200;
    response->content_type = "application/json";
    json_init(json, &response->body);
    json_object_begin(json);
    json_object_foreach((json_t *)(uintptr_t)question, key, value)
    {
        struct assemble_file file;
        json_key(json, key);
        json_object_begin(json);
        if (assemble_file_read(&file, key, value))
            answer_file(assembly, &file);
        else
            answer_error(json, "The request says of this file what cannot be: name, sums or debug id.");
        json_object_end(json);
    }
    json_object_end(json);
    if (json_done(json))
        http_response_text(response, 503, "The server is out of memory; try again later.");
}

/* Chunks go when all files are answered, since two files may share one. A file of another request that shares one is told that it is
 * missing, and its client sends it again. */
static void remove_used(const struct assembly *assembly)
{
    char sum[CHUNK_SUM_BYTES];
    for (size_t i = 0; i < json_array_size(assembly->used); i++) {
        const json_t *chunks = json_array_get(assembly->used, i);
        for (size_t j = 0; j < json_array_size(chunks); j++)
            if (chunk_sum_read(sum, json_string_value(json_array_get(chunks, j))))
                chunk_store_remove(assembly->service->chunks, assembly->project_id, sum);
    }
}

void assemble_answer(struct symbol_service *service, int64_t project_id, const struct buffer *question, struct http_response *response)
{
    struct assembly assembly = {.service = service, .project_id = project_id, .used = json_array()};
    json_t *json = json_loadb((const char *)question->data, question->len, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(json) || json_object_size(json) > ASSEMBLE_MAX_FILES)
        http_response_text(response, 400, "The body is not a JSON object of at most 10000 files.");
    else
        answer_question(&assembly, json, response);
    remove_used(&assembly);
    json_decref(assembly.used);
    json_decref(json);
    process_client_free(assembly.client);
    if (assembly.is_taken)
        service->on_waiting(service->on_waiting_context);
}
