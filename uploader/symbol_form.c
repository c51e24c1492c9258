/* symbol_form.c - to servers that take one request for each file and cannot be asked before.
 *
 *   breakpad   the form of Breakpad's symupload (sym-upload-v1, src/common/linux/symbol_upload.cc); plain, as such servers inflate nothing
 *   backtrace  the file as the body, its name in the address (Backtrace's page "Symbolification")
 *   socorro    Tecken: a form with a ZIP archive that holds <name>/<id>/<file> (tecken/upload/views.py) */
#include "base/text.h"
#include "uploader/endpoint.h"
#include "uploader/scratch.h"
#include "uploader/sink.h"
#include "uploader/symbol_way.h"
#include "uploader/zip_entry.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALL_KINDS  (1u << LOCATE_SYM | 1u << LOCATE_PDB | 1u << LOCATE_PE)
#define LINE_BYTES 1024

/* One request in the making. */
struct package {
    struct symbol_sender *sender;
    const struct symbol_entry *entry;
    struct scratch body;
    struct file file; /* the entry's */
    struct sink *sink;
    struct multipart multipart;
    struct symbol_packing packing;
    char content_type[96];
    struct buffer url;
};

static enum status package_open(struct package *package, struct symbol_sender *sender, const struct symbol_entry *entry, bool gzip)
{
    enum status status;

    *package = (struct package){.sender = sender, .entry = entry, .packing = {sender->options->progress, 0}};
    package->body.file.os = package->file.os = FILE_CLOSED;
    buffer_init(&package->url, SYMBOL_URL_MAX_BYTES);
    status = buffer_append_text(&package->url, sender->options->url);
    if (status == ST_OK)
        status = symbol_entry_open(entry, &package->file, &package->packing.total);
    if (status == ST_OK)
        status = scratch_create(&package->body, buffer_text(&sender->folder));
    return status == ST_OK ? sink_create(&package->sink, &package->body.file, gzip, package->packing.total) : status;
}

static void package_done(struct package *package)
{
    sink_free(package->sink);
    scratch_done(&package->body);
    file_close(&package->file);
    buffer_done(&package->url);
}

static enum status form_begin(struct package *package)
{
    enum status status = multipart_init(&package->multipart, package->sink);

    snprintf(package->content_type, sizeof package->content_type, "multipart/form-data; boundary=%s", package->multipart.boundary);
    return status;
}

static enum status form_text(struct package *package, const char *name, const char *value)
{
    return value[0] ? multipart_text(&package->multipart, name, value, strlen(value)) : ST_OK;
}

/* A file that is too large for its form is refused for good, not tried again. */
static enum status package_send(struct package *package, enum status status, bool gzip, const struct symbol_header *header,
                                struct symbol_result *ret)
{
    struct transfer_request request = {
        .url = buffer_text(&package->url), .body = &package->body.file, .reply_max_bytes = SYMBOL_REPLY_MAX_BYTES};
    uint64_t plain_bytes;
    struct reply reply;

    if (status == ST_TOO_LARGE) {
        ret->verdict = (struct verdict){.kind = VERDICT_REFUSED, .reason = "it is too large for a server of this format"};
        return ST_OK;
    }
    if (status == ST_OK)
        status = sink_finish(package->sink, &plain_bytes, &request.body_bytes);
    ret->size_bytes = package->packing.total;
    return status == ST_OK ? symbol_message_send(package->sender, &request, package->content_type, gzip, header, &reply, &ret->verdict)
                           : status;
}

/* -- breakpad -- */

static enum status query_key(struct buffer *out, const char *name, const char *key, const char **ret_why)
{
    enum status status = key[0] ? endpoint_query_add(out, name, key) : ST_OK;

    if (status != ST_OK)
        *ret_why = "it is too long";
    return status;
}

static enum status breakpad_address(const char *text, const char *key, bool allow_http, struct buffer *out, const char **ret_why)
{
    enum status status = endpoint_parse(text, "/symbols", allow_http, out, ret_why);

    return status == ST_OK ? query_key(out, "key", key, ret_why) : status;
}

/* The words of the first line, `MODULE os cpu id name`; empty where it is another line. */
static void module_line(struct file *file, uint64_t size_bytes, char ret_os[LINE_BYTES], char ret_cpu[LINE_BYTES])
{
    char line[LINE_BYTES];
    size_t size = size_bytes < sizeof line - 1 ? (size_t)size_bytes : sizeof line - 1, os, cpu;

    ret_os[0] = ret_cpu[0] = 0;
    if (file_read_at(file, 0, line, size) != ST_OK)
        return;
    line[size] = 0;
    if (!text_starts(line, "MODULE "))
        return;
    os = strcspn(line + 7, " \r\n");
    memcpy(ret_os, line + 7, os);
    ret_os[os] = 0;
    if (line[7 + os] != ' ')
        return;
    cpu = strcspn(line + 8 + os, " \r\n");
    memcpy(ret_cpu, line + 8 + os, cpu);
    ret_cpu[cpu] = 0;
}

static enum status breakpad_form(struct package *package)
{
    const struct symbol_entry *entry = package->entry;
    char os[LINE_BYTES], cpu[LINE_BYTES];
    enum status status = form_begin(package);

    module_line(&package->file, package->packing.total, os, cpu);
    if (status == ST_OK)
        status = form_text(package, "code_file", entry->name);
    if (status == ST_OK)
        status = form_text(package, "cpu", cpu);
    if (status == ST_OK)
        status = form_text(package, "debug_file", entry->name);
    if (status == ST_OK)
        status = form_text(package, "debug_identifier", entry->id);
    if (status == ST_OK)
        status = form_text(package, "os", os);
    sink_watch(package->sink, symbol_packing_tell, &package->packing);
    if (status == ST_OK)
        status = multipart_file(&package->multipart, "symbol_file", entry->file, &package->file, 0, package->packing.total);
    return status == ST_OK ? multipart_end(&package->multipart) : status;
}

static enum status breakpad_send(struct symbol_sender *sender, const struct symbol_entry *entry, struct symbol_result *ret)
{
    static const struct symbol_header none = {NULL, "", ""};
    struct package package;
    enum status status = package_open(&package, sender, entry, false);

    if (status == ST_OK)
        status = breakpad_form(&package);
    status = package_send(&package, status, false, &none, ret);
    package_done(&package);
    return status;
}

const struct symbol_way symbol_way_breakpad = {
    .format = "breakpad", .kinds = 1u << LOCATE_SYM, .address = breakpad_address, .send = breakpad_send};

/* -- backtrace -- */

static enum status backtrace_address(const char *text, const char *key, bool allow_http, struct buffer *out, const char **ret_why)
{
    enum status status = endpoint_parse(text, "/post", allow_http, out, ret_why);

    if (status == ST_OK)
        status = query_key(out, "format", "symbols", ret_why);
    return status == ST_OK ? query_key(out, "token", key, ret_why) : status;
}

static enum status backtrace_send(struct symbol_sender *sender, const struct symbol_entry *entry, struct symbol_result *ret)
{
    static const struct symbol_header none = {NULL, "", ""};
    bool gzip = sender->options->gzip;
    struct package package;
    enum status status = package_open(&package, sender, entry, gzip);

    snprintf(package.content_type, sizeof package.content_type, "application/octet-stream");
    if (status == ST_OK)
        status = endpoint_query_add(&package.url, "upload_file", entry->file);
    if (status == ST_OK) {
        sink_watch(package.sink, symbol_packing_tell, &package.packing);
        status = sink_write_file(package.sink, &package.file, 0, package.packing.total);
    }
    status = package_send(&package, status, gzip, &none, ret);
    package_done(&package);
    return status;
}

const struct symbol_way symbol_way_backtrace = {
    .format = "backtrace", .kinds = ALL_KINDS, .has_gzip = true, .address = backtrace_address, .send = backtrace_send};

/* -- socorro -- */

static enum status socorro_address(const char *text, const char *key, bool allow_http, struct buffer *out, const char **ret_why)
{
    (void)key; /* a header carries it */
    return endpoint_parse(text, "/upload/", allow_http, out, ret_why);
}

static enum status form_bytes(void *context, const void *bytes, size_t size)
{
    return multipart_file_bytes(context, bytes, size);
}

static enum status socorro_form(struct package *package)
{
    const struct symbol_entry *entry = package->entry;
    struct buffer name;
    enum status status = form_begin(package);

    buffer_init(&name, LINE_BYTES);
    if (status == ST_OK)
        status = buffer_printf(&name, "%s/%s/%s", entry->name, entry->id, entry->file);
    if (status == ST_OK)
        status = multipart_file_begin(&package->multipart, "symbols.zip", "symbols.zip");
    if (status == ST_OK)
        status = zip_entry_write(buffer_text(&name), &package->file, package->packing.total, form_bytes, &package->multipart,
                                 symbol_packing_tell, &package->packing);
    if (status == ST_OK)
        status = multipart_file_end(&package->multipart);
    buffer_done(&name);
    return status == ST_OK ? multipart_end(&package->multipart) : status;
}

static enum status socorro_send(struct symbol_sender *sender, const struct symbol_entry *entry, struct symbol_result *ret)
{
    const struct symbol_header token = {"Auth-Token", "", sender->options->key};
    struct package package;
    enum status status = package_open(&package, sender, entry, false);

    if (status == ST_OK)
        status = socorro_form(&package);
    status = package_send(&package, status, false, &token, ret);
    package_done(&package);
    return status;
}

const struct symbol_way symbol_way_socorro = {.format = "socorro", .kinds = ALL_KINDS, .address = socorro_address, .send = socorro_send};
