/* post.h - sending reports to the server. */
#ifndef SALVOR_UPLOADER_POST_H
#define SALVOR_UPLOADER_POST_H
#include "uploader/format.h"
#include "uploader/request.h"
#include "uploader/transfer.h"
#include "uploader/verdict.h"

struct post {
    struct transfer *transfer;
    const struct format *format;
    const char *url; /* as format_address made it */
    const char *key; /* goes as the header Salvor-Key, where the format has it; "" = none */
};

/* Sends the body (from the file's start) once and judges the outcome. id goes as the Idempotency-Key, where the format has it. Fails only
 * where nothing could be tried: ST_MEMORY. */
enum status post_send(const struct post *post, const struct request *request, struct file *body, const char *id, struct verdict *ret);

#endif
