/* delivery.c - a request is packed into a file, since servers want its length first, and a second try its bytes again. */
#include "uploader/delivery.h"
#include "uploader/scratch.h"
#include <inttypes.h>
#include <stdio.h>

#define DETAIL_BYTES 512

static void event_tell(const struct delivery *delivery, const char *event, const char *detail)
{
    if (delivery->event)
        delivery->event(delivery->event_context, event, detail);
}

static enum status flavour_send(const struct delivery *delivery, const struct request_options *options, const struct source *source,
                                struct verdict *ret)
{
    struct scratch body = {.file = {FILE_CLOSED}};
    struct request request;
    char detail[DETAIL_BYTES];
    enum status status = scratch_create(&body, delivery->folder);

    if (status == ST_OK)
        status = request_build(source, options, &body.file, &request);
    if (status == ST_OK) {
        snprintf(detail, sizeof detail, "plain_bytes=%" PRIu64 " body_bytes=%" PRIu64, request.plain_bytes, request.body_bytes);
        event_tell(delivery, "sending", detail);
        status = post_send(delivery->post, &request, &body.file, source->id, ret);
    }
    scratch_done(&body);
    return status;
}

enum status delivery_run(const struct delivery *delivery, const struct source *source, struct verdict *ret)
{
    struct request_options smaller = *delivery->options;
    char detail[DETAIL_BYTES];
    enum status status = flavour_send(delivery, delivery->options, source, ret);

    if (status != ST_OK || !ret->is_too_large || !request_has_attachments(source, delivery->options))
        return status;
    snprintf(detail, sizeof detail, "without=attachments because=\"%s\"", ret->reason);
    event_tell(delivery, "smaller", detail);
    smaller.without_attachments = true;
    return flavour_send(delivery, &smaller, source, ret);
}

bool delivery_is_uncertain(const struct delivery *delivery, const struct verdict *verdict)
{
    return verdict->is_uncertain && !delivery->options->format->is_counted_once;
}
