/* json.h - a JSON writer (RFC 8259) that appends to a buffer; commas and escapes are its own business.
 *
 * Errors are sticky: calls after a failure do nothing and json_done returns the first status. Text is cleaned to valid UTF-8. */
#ifndef SALVOR_BASE_JSON_H
#define SALVOR_BASE_JSON_H
#include "base/buffer.h"
#include <stdbool.h>

struct json {
    struct buffer *out;
    enum status status;
    unsigned depth;
    bool comma, keyed;
};

void json_init(struct json *json, struct buffer *out);
enum status json_done(struct json *json); /* ST_STATE when an object or array is still open */

void json_object_begin(struct json *json);
void json_object_end(struct json *json);
void json_array_begin(struct json *json);
void json_array_end(struct json *json);
void json_key(struct json *json, const char *key);
void json_text(struct json *json, const char *value); /* NULL writes null */
void json_text_sized(struct json *json, const char *value, size_t size);
void json_int(struct json *json, int64_t value);
void json_uint(struct json *json, uint64_t value);
void json_bool(struct json *json, bool value);
void json_none(struct json *json);
void json_hex(struct json *json, uint64_t value);                 /* "0x..." as a string */
void json_raw(struct json *json, const char *value, size_t size); /* text that is one JSON value already */

#endif
