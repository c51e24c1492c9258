/* fields.h - a request's text parts: what a report is about, in the words of the server it goes to. */
#ifndef SALVOR_UPLOADER_FIELDS_H
#define SALVOR_UPLOADER_FIELDS_H
#include "uploader/format.h"
#include "uploader/multipart.h"
#include "uploader/source.h"

/* Writes them all. guid: of this installation; "" = none is sent. */
enum status fields_write(struct multipart *multipart, const struct source *source, const struct format *format, const char *guid);

#endif
