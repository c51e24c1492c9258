/* delivery.c - a request is packed into a file, since servers want its length first, and a second try its bytes again. Packing takes the
 * processor and sending waits for disks and networks, so the next report is packed meanwhile. */
#include "uploader/delivery.h"
#include "uploader/scratch.h"
#include "uploader/sink.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define DETAIL_BYTES 512

struct parcel {
    const struct delivery *delivery;
    const struct source *source;
    struct request_options options;
    struct errand *packer; /* while it may be packing this one */
    struct scratch body;
    struct minicut cut; /* of the smaller flavour */
    struct request request;
    bool is_packed;
    enum status status; /* of packing */
};

static enum status event_tell(const struct delivery *delivery, const char *event, const char *detail)
{
    return delivery->event ? delivery->event(delivery->event_context, event, detail) : ST_OK;
}

static void parcel_pack(struct parcel *parcel)
{
    parcel->status = scratch_create(&parcel->body, parcel->delivery->folder);
    if (parcel->status == ST_OK)
        parcel->status = request_build(parcel->source, &parcel->options, &parcel->body.file, &parcel->request);
    parcel->is_packed = true;
}

static void packer_run(void *context)
{
    parcel_pack(context);
}

/* What is under way on the screen is the report that is being sent, so packing ahead shows nothing. */
static void pack_ahead(struct parcel *parcel, struct errand *packer)
{
    if (parcel->source->dump.size_bytes > SINK_FAST_ABOVE_BYTES)
        return;
    parcel->options.progress = NULL;
    parcel->packer = packer;
    errand_run(packer, packer_run, parcel);
}

static void packer_wait(struct parcel *parcel)
{
    if (parcel->packer)
        errand_wait(parcel->packer);
    parcel->packer = NULL;
}

enum status parcel_create(struct parcel **ret, const struct delivery *delivery, const struct source *source, struct errand *packer)
{
    struct parcel *parcel = calloc(1, sizeof *parcel);

    if (!parcel)
        return ST_MEMORY;
    parcel->delivery = delivery;
    parcel->source = source;
    parcel->options = *delivery->options;
    parcel->body.file.os = FILE_CLOSED;
    if (packer)
        pack_ahead(parcel, packer);
    *ret = parcel;
    return ST_OK;
}

void parcel_free(struct parcel *parcel)
{
    if (!parcel)
        return;
    packer_wait(parcel);
    scratch_done(&parcel->body);
    minicut_done(&parcel->cut);
    free(parcel);
}

static enum status flavour_send(struct parcel *parcel, struct verdict *ret)
{
    const struct delivery *delivery = parcel->delivery;
    char detail[DETAIL_BYTES];
    enum status status;

    packer_wait(parcel);
    if (!parcel->is_packed)
        parcel_pack(parcel);
    if (parcel->status != ST_OK)
        return parcel->status;
    snprintf(detail, sizeof detail, "plain_bytes=%" PRIu64 " body_bytes=%" PRIu64, parcel->request.plain_bytes, parcel->request.body_bytes);
    status = event_tell(delivery, SPOOL_EVENT_SENDING, detail);
    return status == ST_OK ? post_send(delivery->post, &parcel->request, &parcel->body.file, parcel->source->id, ret) : status;
}

/* Makes the parcel its smaller flavour; what that lacks, or NULL when there is nothing to leave out. */
static const char *parcel_shrink(struct parcel *parcel)
{
    static const char *const lacking[2][2] = {{NULL, "memory"}, {"attachments", "attachments,memory"}};
    const struct source_part *dump = &parcel->source->dump;
    bool had_attachments = request_has_attachments(parcel->source, &parcel->options);
    bool is_cut = dump->name && minicut_plan(&parcel->cut, dump->file, dump->size_bytes) == ST_OK;

    parcel->options.without_attachments = true;
    parcel->options.cut = is_cut ? &parcel->cut : NULL;
    parcel->is_packed = false;
    scratch_done(&parcel->body);
    return lacking[had_attachments][is_cut];
}

enum status parcel_send(struct parcel *parcel, struct verdict *ret)
{
    char detail[DETAIL_BYTES];
    const char *lacking;
    enum status status = flavour_send(parcel, ret);

    if (status != ST_OK || !ret->is_too_large)
        return status;
    lacking = parcel_shrink(parcel);
    if (!lacking)
        return ST_OK;
    snprintf(detail, sizeof detail, "without=%s because=\"%s\"", lacking, ret->reason);
    (void)event_tell(parcel->delivery, "smaller", detail); /* "sending" follows */
    return flavour_send(parcel, ret);
}

bool delivery_is_uncertain(const struct delivery *delivery, const struct verdict *verdict)
{
    return verdict->is_uncertain && !delivery->options->format->is_counted_once;
}
