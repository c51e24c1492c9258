/* symbols.h - bringing a build's symbol files to a server, those only that it lacks where it can be asked. */
#ifndef SALVOR_UPLOADER_SYMBOLS_H
#define SALVOR_UPLOADER_SYMBOLS_H
#include "uploader/progress.h"
#include "uploader/symbol_list.h"
#include "uploader/transfer.h"

struct symbol_way;

struct symbols_options {
    const struct symbol_way *way;
    const char *url; /* as symbols_address made it */
    const char *key; /* "" = none */
    const char *project;
    const struct option_list *paths;
    bool gzip;
    struct progress *progress; /* may be NULL */
};

/* Appends the server's address in full; key NULL or "" = none. On ST_ARGUMENT *ret_why is one static sentence. */
enum status symbols_address(const struct symbol_way *way, const char *text, const char *key, bool allow_http, struct buffer *out,
                            const char **ret_why);
/* Says on stdout or stderr what became of each file. Returns the program's exit code: 0 the server has all of them, 1 one is damaged or
 * refused for good, 3 one may be taken later. */
int symbols_run(struct transfer *transfer, const struct symbols_options *options);

#endif
