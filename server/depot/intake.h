/* intake.h - one symbol file's bytes on their way in: decoded, held against every limit, on the disk; gone again unless somebody takes the
 * file over. */
#ifndef SALVOR_SERVER_DEPOT_INTAKE_H
#define SALVOR_SERVER_DEPOT_INTAKE_H
#include "depot/service.h"
#include "ingest/refusal.h"

struct inflater;

/* Must stay where it is between begin and done. */
struct intake {
    struct symbol_service *service;
    struct spill *spill;
    struct inflater *inflater; /* NULL: the bytes come as they are */
    struct refusal refusal;
};

/* content_encoding: the header's value, or NULL. Each of these returns false when the refusal says why nothing comes of it. */
bool intake_begin(struct intake *intake, struct symbol_service *service, const char *content_encoding);
bool intake_feed(struct intake *intake, const void *bytes, size_t size);
bool intake_finish(struct intake *intake); /* from here on the file is synced */
void intake_done(struct intake *intake);   /* may be called twice */

#endif
