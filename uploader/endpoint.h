/* endpoint.h - which addresses a report may go to. */
#ifndef SALVOR_UPLOADER_ENDPOINT_H
#define SALVOR_UPLOADER_ENDPOINT_H
#include "base/buffer.h"
#include <stdbool.h>

/* Checks an address as given by a user and appends it in full: without a path it gets default_path (NULL: stays). https, or http to this
 * machine, or any http with allow_http. On ST_ARGUMENT *ret_why is one static sentence. */
enum status endpoint_parse(const char *text, const char *default_path, bool allow_http, struct buffer *out, const char **ret_why);
/* Why a redirect must not be followed, as a static sentence part; NULL when it may: same host, no way from https to http. */
const char *endpoint_redirect_refusal(const char *from, const char *to, long status);
/* Makes a report's address in full that of its server: no query, and no /submit, /post or /crash at its end; without a last slash. */
enum status endpoint_server(struct buffer *address);
/* Appends one part of a path, encoded, behind a slash. */
enum status endpoint_path_add(struct buffer *address, const char *part);
bool endpoint_has_path(const char *text);
/* Adds a parameter, encoded, to an address in full; one that has it already keeps its own. */
enum status endpoint_query_add(struct buffer *address, const char *name, const char *value);
/* Whether the address's host is this machine by name or number. */
bool endpoint_is_loopback(const char *url);
/* Appends the address as it may stand in a log: no user, password, query. */
enum status endpoint_public_name(const char *url, struct buffer *out);

#endif
