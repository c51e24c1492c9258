/* key.h - the project key that a request carries, wherever its client puts it. */
#ifndef SALVOR_SERVER_INGEST_KEY_H
#define SALVOR_SERVER_INGEST_KEY_H
#include "http/http.h"

#define KEY_MAX_BYTES 128

/* Header Salvor-Key, ?key=, ?sentry_key=, X-Sentry-Auth or Authorization: Bearer, in this order; false when there is none that fits. */
bool key_of_request(const struct http_request *request, char ret[KEY_MAX_BYTES]);

#endif
