/* symbol_way.c - the ways, and what they share. */
#include "uploader/symbol_way.h"
#include "base/text.h"
#include "uploader/headers.h"
#include <curl/curl.h>

static const struct symbol_way bugsplat = {
    .format = "bugsplat",
    .refusal = "BugSplat takes symbols through its own store only: use its symbol-upload for them",
};

const struct symbol_way *symbol_way_find(const char *format)
{
    static const struct symbol_way *const ways[] = {&symbol_way_salvor,    &symbol_way_sentry,  &bugsplat,
                                                    &symbol_way_backtrace, &symbol_way_socorro, &symbol_way_breakpad};

    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (text_equal_nocase(ways[i]->format, format))
            return ways[i];
    return NULL;
}

static bool header_add(struct curl_slist **list, const struct symbol_header *header)
{
    struct buffer value;
    bool made;

    if (!header->name || !header->value[0])
        return true;
    buffer_init(&value, 4096);
    made = buffer_printf(&value, "%s%s", header->prefix, header->value) == ST_OK && headers_add(list, header->name, buffer_text(&value));
    buffer_done(&value);
    return made;
}

/* NULL without memory. */
static struct curl_slist *headers_of(const char *content_type, bool is_gzip, const struct symbol_header *header)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    bool made = list && (!content_type || headers_add(&list, "Content-Type", content_type));

    if (made && is_gzip)
        made = headers_add(&list, "Content-Encoding", "gzip");
    if (made && header_add(&list, header))
        return list;
    curl_slist_free_all(list);
    return NULL;
}

enum status symbol_message_send(const struct symbol_sender *sender, struct transfer_request *request, const char *content_type,
                                bool is_gzip, const struct symbol_header *header, struct reply *ret_reply, struct verdict *ret)
{
    enum status status;

    request->may_repeat = true;
    request->headers = headers_of(content_type, is_gzip, header);
    status = request->headers ? transfer_run(sender->transfer, request, ret_reply) : ST_MEMORY;
    if (status == ST_OK)
        verdict_decide(ret_reply, ret);
    curl_slist_free_all(request->headers);
    return status;
}

enum status symbol_entry_open(const struct symbol_entry *entry, struct file *ret, uint64_t *ret_size)
{
    struct file_info info;
    enum status status = file_open(ret, entry->path, FILE_MODE_READ);

    if (status == ST_OK)
        status = file_info_of(ret, &info);
    if (status == ST_OK)
        *ret_size = info.size_bytes;
    return status;
}

void symbol_packing_tell(void *context, uint64_t in)
{
    const struct symbol_packing *packing = context;

    if (packing->progress)
        progress_pack(packing->progress, in, packing->total);
}
