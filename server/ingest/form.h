/* form.h - what a multipart upload holds: text fields in bounded memory, files in spills, and which file is the minidump. */
#ifndef SALVOR_SERVER_INGEST_FORM_H
#define SALVOR_SERVER_INGEST_FORM_H
#include "ingest/multipart.h"
#include "ingest/refusal.h"
#include "ingest/spill.h"

#define FORM_DUMP_NAME       "upload_file_minidump"
#define FORM_MAX_PARTS       2048u
#define FORM_MAX_FILES       65u                  /* the dump and 64 attachments */
#define FORM_MAX_FIELD_BYTES (2u * 1024u * 1024u) /* names and values of all fields together */

struct form_field {
    char *name, *value;
    size_t value_bytes;
};

struct form_file {
    char *name;      /* of the part */
    char *file_name; /* the base name only: no path is ever kept */
    struct spill *spill;
    bool is_dump;
};

struct form;
struct form_limits {
    struct spill_budget *budget;
    uint64_t max_file_bytes; /* all files together, unpacked */
};

/* Reasons for refusing go to refusal, which must outlive the form. */
enum status form_create(struct form **ret, const struct form_limits *limits, struct refusal *refusal);
void form_free(struct form *form); /* accepts NULL */

/* Events for a multipart reader over this form (context: the form). */
extern const struct multipart_events form_events;
/* For bodies that are nothing but a dump: begin once, data as it comes, end once; false as form_events. */
bool form_dump_begin(struct form *form, const char *name, const char *file_name);
bool form_dump_data(struct form *form, const void *bytes, size_t size);
bool form_dump_end(struct form *form);

/* Adds a field unless there is one of that name. */
bool form_add_missing(struct form *form, const char *name, const char *value);

/* The first field of a name, or NULL. */
const struct form_field *form_find(const struct form *form, const char *name);
const char *form_text(const struct form *form, const char *name); /* "" when there is none */
size_t form_fields(const struct form *form, const struct form_field **ret);
size_t form_files(struct form *form, struct form_file **ret);
/* The file to process, or NULL: the one named as a dump, else the first that begins like one. */
struct form_file *form_dump(struct form *form);

#endif
