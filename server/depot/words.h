/* words.h - what Breakpad's symupload says when an upload is complete. It looks like JSON and is none: names stand without quotes, values
 * are not escaped. JSON is taken as well, with the names in either spelling (debug_file, debugFile).
 *
 * Source: CompleteUpload in Breakpad's src/common/linux/symbol_collector_client.cc and its twin for Windows. */
#ifndef SALVOR_SERVER_DEPOT_WORDS_H
#define SALVOR_SERVER_DEPOT_WORDS_H
#include "symbols/identify.h"

#define WORDS_MAX_BYTES  8192u /* of the text */
#define WORDS_MAX_DEPTH  8u
#define WORDS_TYPE_BYTES 32

struct words {
    char debug_file[IDENTIFY_NAME_BYTES], debug_id[LOCATE_MAX_ID_BYTES], type[WORDS_TYPE_BYTES]; /* "" when not said */
};

/* False: the text is not of this form, or what it says does not fit. */
bool words_read(struct words *ret, const char *text, size_t size);

#endif
