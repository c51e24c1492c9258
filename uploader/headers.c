/* headers.c - the same list for libcurl and for a dry run. */
#include "uploader/headers.h"
#include <curl/curl.h>

bool headers_add(struct curl_slist **list, const char *name, const char *value)
{
    struct buffer line;
    struct curl_slist *grown = NULL;

    buffer_init(&line, 4096);
    if (buffer_printf(&line, "%s: %s", name, value) == ST_OK)
        grown = curl_slist_append(*list, buffer_text(&line));
    buffer_done(&line);
    if (grown)
        *list = grown;
    return grown != NULL;
}

/* Expect is emptied: many servers answer 100-continue late or never. */
struct curl_slist *headers_make(const struct format *format, const char *key, const struct request *request, const char *id)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    bool made = list && headers_add(&list, "Content-Type", request->content_type);

    if (made && request->is_gzip)
        made = headers_add(&list, "Content-Encoding", "gzip");
    if (made && format->has_headers && key[0])
        made = headers_add(&list, "Salvor-Key", key);
    if (made && format->has_headers && id[0])
        made = headers_add(&list, "Idempotency-Key", id);
    if (made)
        return list;
    curl_slist_free_all(list);
    return NULL;
}
