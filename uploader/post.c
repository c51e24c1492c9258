/* post.c - a report's request, its headers, and the verdict. */
#include "uploader/post.h"
#include "uploader/headers.h"
#include <curl/curl.h>

#define REPLY_MAX_BYTES ((size_t)64 * 1024) /* a verdict needs an answer's first line only */

enum status post_send(const struct post *post, const struct request *request, struct file *body, const char *id, struct verdict *ret)
{
    struct curl_slist *headers = headers_make(post->format, post->key, request, id);
    const struct transfer_request transfer = {.url = post->url,
                                              .may_repeat = post->format->is_counted_once,
                                              .headers = headers,
                                              .body = body,
                                              .body_bytes = request->body_bytes,
                                              .reply_max_bytes = REPLY_MAX_BYTES};
    struct reply reply;
    enum status status = headers ? transfer_run(post->transfer, &transfer, &reply) : ST_MEMORY;

    if (status == ST_OK)
        verdict_decide(&reply, ret);
    curl_slist_free_all(headers);
    return status;
}
