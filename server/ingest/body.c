/* body.c - see body.h. */
#include "ingest/body.h"
#include "base/text.h"
#include "ingest/disposition.h"
#include "ingest/inflate.h"
#include <stdlib.h>
#include <string.h>

/* Boundaries and text fields come on top of the files. */
#define FORM_OVERHEAD_BYTES (16u * 1024u * 1024u)

struct body {
    struct form *form;
    struct refusal *refusal;
    struct inflater *inflater;   /* NULL: the body comes as it is */
    struct multipart *multipart; /* both NULL: the body is a dump */
    struct envelope *envelope;
    uint64_t bytes; /* after decoding */
};

static bool refuse_multipart(struct body *body, enum status status)
{
    if (!status)
        return true;
    if (status == ST_REFUSED)
        return refusal_set(body->refusal, 400, "The form is refused.");
    return refusal_set(body->refusal, 400, multipart_error(body->multipart));
}

static bool refuse_envelope(struct body *body, enum status status)
{
    if (!status)
        return true;
    if (status == ST_MEMORY)
        return refusal_set_status(body->refusal, status);
    return refusal_set(body->refusal, status == ST_TOO_LARGE ? 413 : 400, envelope_error(body->envelope));
}

static bool refuse_inflate(struct body *body, enum status status)
{
    switch (status) {
    case ST_OK:
        return true;
    case ST_REFUSED:
        return refusal_set(body->refusal, 400, "The body is refused.");
    case ST_TOO_LARGE:
        return refusal_set(body->refusal, 413, "The unpacked upload is larger than this server takes.");
    case ST_TRUNCATED:
        return refusal_set(body->refusal, 400, "The compressed body ends early.");
    case ST_FORMAT:
        return refusal_set(body->refusal, 400, "The compressed body is damaged.");
    default:
        return refusal_set_status(body->refusal, status);
    }
}

static bool take_decoded(void *context, const void *bytes, size_t size)
{
    struct body *body = context;
    body->bytes += size;
    if (body->envelope)
        return refuse_envelope(body, envelope_feed(body->envelope, bytes, size));
    if (!body->multipart)
        return form_dump_data(body->form, bytes, size);
    return refuse_multipart(body, multipart_feed(body->multipart, bytes, size));
}

static bool start_decoding(struct body *body, const char *encoding, const struct form_limits *limits)
{
    enum inflate_kind kind = INFLATE_GZIP;
    if (!encoding || !encoding[0] || disposition_is(encoding, "identity"))
        return true;
    if (disposition_is(encoding, "deflate"))
        kind = INFLATE_DEFLATE;
    else if (!disposition_is(encoding, "gzip") && !disposition_is(encoding, "x-gzip"))
        return refusal_set(body->refusal, 415, "The Content-Encoding of the body is not gzip or deflate.");
    return refuse_inflate(body, inflater_create(&body->inflater, kind, limits->max_file_bytes + FORM_OVERHEAD_BYTES, take_decoded, body));
}

static bool start_multipart(struct body *body, const char *content_type)
{
    char boundary[MULTIPART_MAX_BOUNDARY + 2];
    if (!disposition_parameter(content_type, "boundary", boundary, sizeof boundary))
        return refusal_set(body->refusal, 400, "The Content-Type names no boundary of 1 to 70 characters.");
    enum status status = multipart_create(&body->multipart, boundary, FORM_MAX_PARTS, &form_events, body->form);
    if (status == ST_FORMAT)
        return refusal_set(body->refusal, 400, "The Content-Type names no boundary of 1 to 70 characters.");
    return status ? refusal_set_status(body->refusal, status) : true;
}

static bool start_envelope(struct body *body, const struct body_sender *sender)
{
    enum status status = envelope_create(&body->envelope, FORM_MAX_PARTS, &form_events, body->form, sender ? sender->tell : NULL,
                                         sender ? sender->context : NULL);
    return status ? refusal_set_status(body->refusal, status) : true;
}

static bool is_bare_dump(const char *content_type)
{
    return disposition_is(content_type, "application/x-dmp") || disposition_is(content_type, "application/octet-stream") ||
           disposition_is(content_type, "application/x-minidump");
}

static bool start_content(struct body *body, const char *content_type, const struct body_sender *sender)
{
    if (!content_type)
        return refusal_set(body->refusal, 400, "The request has no Content-Type; multipart/form-data or application/x-dmp is taken.");
    if (text_starts_nocase(content_type, "multipart/"))
        return start_multipart(body, content_type);
    if (disposition_is(content_type, ENVELOPE_TYPE))
        return start_envelope(body, sender);
    if (is_bare_dump(content_type))
        return form_dump_begin(body->form, FORM_DUMP_NAME, "");
    return refusal_set(body->refusal, 415, "The Content-Type is not multipart/form-data or application/x-dmp.");
}

bool body_create(struct body **ret, const char *content_type, const char *content_encoding, const struct form_limits *limits,
                 struct form *form, const struct body_sender *sender, struct refusal *refusal)
{
    struct body *body = calloc(1, sizeof *body);
    if (!body)
        return refusal_set_status(refusal, ST_MEMORY);
    body->form = form;
    body->refusal = refusal;
    if (!start_content(body, content_type, sender) || !start_decoding(body, content_encoding, limits)) {
        body_free(body);
        return false;
    }
    *ret = body;
    return true;
}

void body_free(struct body *body)
{
    if (!body)
        return;
    inflater_free(body->inflater);
    multipart_free(body->multipart);
    envelope_free(body->envelope);
    free(body);
}

bool body_feed(struct body *body, const void *bytes, size_t size)
{
    if (body->inflater)
        return refuse_inflate(body, inflater_feed(body->inflater, bytes, size));
    return take_decoded(body, bytes, size);
}

bool body_finish(struct body *body)
{
    if (body->inflater && !refuse_inflate(body, inflater_finish(body->inflater)))
        return false;
    if (!body->bytes)
        return refusal_set(body->refusal, 400, "The body is empty.");
    if (body->envelope)
        return refuse_envelope(body, envelope_finish(body->envelope));
    if (body->multipart)
        return refuse_multipart(body, multipart_finish(body->multipart));
    return form_dump_end(body->form);
}

bool body_is_form(const struct body *body)
{
    return body->multipart || body->envelope;
}
