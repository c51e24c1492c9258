/* headers.h - the headers of a request that are ours to choose. */
#ifndef SALVOR_UPLOADER_HEADERS_H
#define SALVOR_UPLOADER_HEADERS_H
#include "uploader/format.h"
#include "uploader/request.h"

#define HEADERS_USER_AGENT "salvor-upload/" SALVOR_VERSION

struct curl_slist;
/* Adds one to the list; false without memory, and the list stays as it was. */
bool headers_add(struct curl_slist **list, const char *name, const char *value);
/* In their order; libcurl adds Host, User-Agent and Accept before them and Content-Length behind. The caller calls curl_slist_free_all.
 * key and id "" = none. NULL without memory. */
struct curl_slist *headers_make(const struct format *format, const char *key, const struct request *request, const char *id);

#endif
