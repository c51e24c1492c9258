/* intake.c - see intake.h. */
#include "depot/intake.h"
#include "ingest/disposition.h"
#include "ingest/inflate.h"

static bool take_bytes(void *context, const void *bytes, size_t size)
{
    struct intake *intake = context;
    if (spill_bytes(intake->spill) + size > intake->service->max_bytes)
        return refusal_set(&intake->refusal, 413, "The symbol file is larger than this server takes.");
    enum status status = spill_write(intake->spill, bytes, size);
    return status ? refusal_set_status(&intake->refusal, status) : true;
}

static bool refuse_inflate(struct intake *intake, enum status status)
{
    if (!status)
        return true;
    if (status == ST_TOO_LARGE)
        return refusal_set(&intake->refusal, 413, "The symbol file is larger than this server takes.");
    if (status == ST_FORMAT || status == ST_TRUNCATED)
        return refusal_set(&intake->refusal, 400, "The compressed body is damaged or ends early.");
    return status == ST_REFUSED ? false : refusal_set_status(&intake->refusal, status);
}

static bool start_decoding(struct intake *intake, const char *encoding)
{
    enum inflate_kind kind = INFLATE_GZIP;
    if (!encoding || !encoding[0] || disposition_is(encoding, "identity"))
        return true;
    if (disposition_is(encoding, "deflate"))
        kind = INFLATE_DEFLATE;
    else if (!disposition_is(encoding, "gzip") && !disposition_is(encoding, "x-gzip"))
        return refusal_set(&intake->refusal, 415, "The Content-Encoding of the body is not gzip or deflate.");
    return refuse_inflate(intake, inflater_create(&intake->inflater, kind, intake->service->max_bytes, take_bytes, intake));
}

bool intake_begin(struct intake *intake, struct symbol_service *service, const char *content_encoding)
{
    intake->service = service;
    if (!symbol_service_has_space(service, &intake->refusal))
        return false;
    enum status status = spill_create(&intake->spill, service->budget);
    if (status)
        return refusal_set_status(&intake->refusal, status);
    return start_decoding(intake, content_encoding);
}

bool intake_feed(struct intake *intake, const void *bytes, size_t size)
{
    bool going = intake->inflater ? refuse_inflate(intake, inflater_feed(intake->inflater, bytes, size)) : take_bytes(intake, bytes, size);
    if (!going)
        intake_done(intake); /* the rest needs neither memory nor disk */
    return going;
}

bool intake_finish(struct intake *intake)
{
    if (intake->refusal.status)
        return false;
    if (intake->inflater && !refuse_inflate(intake, inflater_finish(intake->inflater)))
        return false;
    enum status status = spill_finish(intake->spill);
    return status ? refusal_set_status(&intake->refusal, status) : true;
}

void intake_done(struct intake *intake)
{
    inflater_free(intake->inflater);
    spill_free(intake->spill);
    intake->inflater = NULL;
    intake->spill = NULL;
}
