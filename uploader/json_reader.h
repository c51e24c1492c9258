/* json_reader.h - reading a server's JSON (RFC 8259) piece by piece, by somebody who knows which piece he wants next. The text is hostile.
 */
#ifndef SALVOR_UPLOADER_JSON_READER_H
#define SALVOR_UPLOADER_JSON_READER_H
#include "base/buffer.h"
#include <stdbool.h>

#define JSON_READER_MAX_DEPTH 32u /* of what is passed over */

struct json_reader {
    const char *at, *end;
};

/* Each takes what comes next, behind blanks; false when it is something else, and then the place in the text is of no more use, except
 * after json_take. */
bool json_take(struct json_reader *reader, char c);
bool json_take_text(struct json_reader *reader, struct buffer *out); /* replaces what out holds; false beyond its ceiling too */
bool json_take_number(struct json_reader *reader, uint64_t *ret);    /* a whole one that is not negative */
bool json_pass_over(struct json_reader *reader);                     /* any value */
bool json_at_end(struct json_reader *reader);

#endif
