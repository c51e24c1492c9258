/* chunk_form.c - see chunk_form.h. */
#include "depot/chunk_form.h"
#include "base/text.h"
#include "ingest/disposition.h"
#include "ingest/inflate.h"
#include "ingest/multipart.h"
#include <stdlib.h>
#include <string.h>

struct chunk_form {
    struct chunk_form_target target;
    struct multipart *multipart;
    /* the chunk that comes */
    char sum[CHUNK_SUM_BYTES];
    struct spill *spill;
    struct inflater *inflater; /* NULL: it comes as it is */
    struct sha1 sha1;
};

static void drop_chunk(struct chunk_form *form)
{
    inflater_free(form->inflater);
    spill_free(form->spill);
    form->inflater = NULL;
    form->spill = NULL;
}

static bool take_bytes(void *context, const void *bytes, size_t size)
{
    struct chunk_form *form = context;
    if (spill_bytes(form->spill) + size > CHUNK_MAX_BYTES)
        return refusal_set(form->target.refusal, 413, "A chunk is larger than this server takes.");
    sha1_add(&form->sha1, bytes, size);
    enum status status = spill_write(form->spill, bytes, size);
    return status ? refusal_set_status(form->target.refusal, status) : true;
}

static bool refuse_inflate(struct chunk_form *form, enum status status)
{
    if (!status)
        return true;
    if (status == ST_TOO_LARGE)
        return refusal_set(form->target.refusal, 413, "A chunk is larger than this server takes.");
    if (status == ST_FORMAT || status == ST_TRUNCATED)
        return refusal_set(form->target.refusal, 400, "A compressed chunk is damaged or ends early.");
    return status == ST_REFUSED ? false : refusal_set_status(form->target.refusal, status);
}

static bool on_begin(void *context, const struct multipart_part *part)
{
    struct chunk_form *form = context;
    bool is_packed = strcmp(part->name, "file_gzip") == 0;
    if (!is_packed && strcmp(part->name, "file") != 0)
        return refusal_set(form->target.refusal, 400, "The form has a part that is neither file nor file_gzip.");
    if (!chunk_sum_read(form->sum, part->file_name))
        return refusal_set(form->target.refusal, 400, "A chunk's file name is not the SHA-1 of its bytes in hex.");
    sha1_begin(&form->sha1);
    enum status status = spill_create(&form->spill, form->target.budget);
    if (status)
        return refusal_set_status(form->target.refusal, status);
    return !is_packed || refuse_inflate(form, inflater_create(&form->inflater, INFLATE_GZIP, CHUNK_MAX_BYTES, take_bytes, form));
}

static bool on_data(void *context, const void *bytes, size_t size)
{
    struct chunk_form *form = context;
    return form->inflater ? refuse_inflate(form, inflater_feed(form->inflater, bytes, size)) : take_bytes(form, bytes, size);
}

static bool on_end(void *context)
{
    struct chunk_form *form = context;
    uint8_t sum[SHA1_BYTES];
    char text[CHUNK_SUM_BYTES];
    if (form->inflater && !refuse_inflate(form, inflater_finish(form->inflater)))
        return false;
    sha1_end(&form->sha1, sum);
    text_hex(text, sum, sizeof sum);
    if (strcmp(text, form->sum) != 0)
        return refusal_set(form->target.refusal, 400, "A chunk's bytes do not have the SHA-1 that is its file name.");
    enum status status = chunk_store_put(form->target.store, form->target.project_id, form->sum, form->spill);
    drop_chunk(form);
    return status ? refusal_set_status(form->target.refusal, status) : true;
}

static const struct multipart_events EVENTS = {on_begin, on_data, on_end};

static bool refuse_multipart(struct chunk_form *form, enum status status)
{
    if (!status)
        return true;
    return refusal_set(form->target.refusal, 400, status == ST_REFUSED ? "The form is refused." : multipart_error(form->multipart));
}

bool chunk_form_create(struct chunk_form **ret, const struct chunk_form_target *target, const char *content_type)
{
    char boundary[MULTIPART_MAX_BOUNDARY + 2];
    if (!content_type || !text_starts_nocase(content_type, "multipart/") ||
        !disposition_parameter(content_type, "boundary", boundary, sizeof boundary))
        return refusal_set(target->refusal, 400, "Chunks come in a multipart/form-data body with a boundary of 1 to 70 characters.");
    struct chunk_form *form = calloc(1, sizeof *form);
    if (!form)
        return refusal_set_status(target->refusal, ST_MEMORY);
    form->target = *target;
    enum status status = multipart_create(&form->multipart, boundary, CHUNK_FORM_MAX_CHUNKS, &EVENTS, form);
    if (!status) {
        *ret = form;
        return true;
    }
    chunk_form_free(form);
    if (status == ST_FORMAT)
        return refusal_set(target->refusal, 400, "Chunks come in a multipart/form-data body with a boundary of 1 to 70 characters.");
    return refusal_set_status(target->refusal, status);
}

void chunk_form_free(struct chunk_form *form)
{
    if (!form)
        return;
    multipart_free(form->multipart);
    drop_chunk(form);
    free(form);
}

bool chunk_form_feed(struct chunk_form *form, const void *bytes, size_t size)
{
    return refuse_multipart(form, multipart_feed(form->multipart, bytes, size));
}

bool chunk_form_finish(struct chunk_form *form)
{
    return refuse_multipart(form, multipart_finish(form->multipart));
}
