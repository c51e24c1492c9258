/* form.c - see form.h. A form is filled by one reader, part after part. */
#include "ingest/form.h"
#include "base/buffer.h"
#include "base/text.h"
#include "ingest/dump_part.h"
#include <stdlib.h>
#include <string.h>

#define GROW_FIELDS 32

enum part_kind { PART_NONE, PART_FIELD, PART_FILE };

struct form {
    struct form_limits limits;
    struct refusal *refusal;
    struct form_field *fields;
    size_t field_count, field_room, field_bytes;
    struct form_file files[FORM_MAX_FILES];
    size_t file_count;
    uint64_t file_bytes;
    /* the part being read */
    enum part_kind kind;
    struct multipart_part part;
    struct buffer value;
    struct dump_part *dump_part; /* while it may be packed */
    bool is_nested;              /* inside the dump part's own multipart body */
};

enum status form_create(struct form **ret, const struct form_limits *limits, struct refusal *refusal)
{
    struct form *form = calloc(1, sizeof *form);
    if (!form)
        return ST_MEMORY;
    form->limits = *limits;
    form->refusal = refusal;
    buffer_init(&form->value, FORM_MAX_FIELD_BYTES);
    *ret = form;
    return ST_OK;
}

void form_free(struct form *form)
{
    if (!form)
        return;
    for (size_t i = 0; i < form->field_count; i++) {
        free(form->fields[i].name);
        free(form->fields[i].value);
    }
    for (size_t i = 0; i < form->file_count; i++) {
        free(form->files[i].name);
        free(form->files[i].file_name);
        spill_free(form->files[i].spill);
    }
    free(form->fields);
    dump_part_free(form->dump_part);
    buffer_done(&form->value);
    free(form);
}

/* -- fields -- */

static char *cleaned(const void *bytes, size_t size)
{
    struct buffer out;
    buffer_init(&out, size * 3 + 1);
    if (text_clean(&out, bytes, size) || buffer_append(&out, "", 0)) {
        buffer_done(&out);
        return NULL;
    }
    char *text = buffer_take(&out);
    return text ? text : strdup("");
}

static bool make_field_room(struct form *form)
{
    if (form->field_count < form->field_room)
        return true;
    struct form_field *fields = realloc(form->fields, (form->field_room + GROW_FIELDS) * sizeof *fields);
    if (!fields)
        return refusal_set_status(form->refusal, ST_MEMORY);
    form->fields = fields;
    form->field_room += GROW_FIELDS;
    return true;
}

static bool add_field(struct form *form, const char *name, const void *value, size_t value_bytes)
{
    size_t name_bytes = strlen(name);
    if (name_bytes + value_bytes > FORM_MAX_FIELD_BYTES - form->field_bytes)
        return refusal_set(form->refusal, 413, "The form's text fields are larger than this server takes.");
    if (form->field_count >= FORM_MAX_PARTS)
        return refusal_set(form->refusal, 400, "The form has too many fields.");
    if (!make_field_room(form))
        return false;
    struct form_field field = {cleaned(name, name_bytes), cleaned(value, value_bytes), 0};
    if (!field.name || !field.value) {
        free(field.name);
        free(field.value);
        return refusal_set_status(form->refusal, ST_MEMORY);
    }
    field.value_bytes = strlen(field.value);
    form->fields[form->field_count++] = field;
    form->field_bytes += name_bytes + value_bytes;
    return true;
}

bool form_add_missing(struct form *form, const char *name, const char *value)
{
    return form_find(form, name) || add_field(form, name, value, strlen(value));
}

/* -- files -- */

static bool file_begin(struct form *form, const char *name, const char *file_name, bool is_dump)
{
    if (form->file_count >= FORM_MAX_FILES)
        return refusal_set(form->refusal, 400, "The form has too many files.");
    struct form_file *file = &form->files[form->file_count];
    const char *base = path_base(file_name);
    file->name = cleaned(name, strlen(name));
    file->file_name = cleaned(base, strlen(base));
    file->is_dump = is_dump;
    enum status status = file->name && file->file_name ? spill_create(&file->spill, form->limits.budget) : ST_MEMORY;
    if (status) {
        free(file->name);
        free(file->file_name);
        memset(file, 0, sizeof *file);
        return refusal_set_status(form->refusal, status);
    }
    form->file_count++;
    return true;
}

static bool file_data(struct form *form, const void *bytes, size_t size)
{
    if (size > form->limits.max_file_bytes - form->file_bytes)
        return refusal_set(form->refusal, 413, "The files of the upload are larger than this server takes.");
    form->file_bytes += size;
    enum status status = spill_write(form->files[form->file_count - 1].spill, bytes, size);
    return status ? refusal_set_status(form->refusal, status) : true;
}

static void file_drop_last(struct form *form)
{
    struct form_file *file = &form->files[--form->file_count];
    free(file->name);
    free(file->file_name);
    spill_free(file->spill);
    memset(file, 0, sizeof *file);
}

/* -- the dump's part -- */

static bool dump_data(void *context, const void *bytes, size_t size)
{
    return file_data(context, bytes, size);
}

/* A body inside the dump part: what was begun as the dump's file is not one; the parts inside take its place. */
static bool nested_begin(void *context, const struct multipart_part *part)
{
    struct form *form = context;
    if (!form->is_nested) {
        form->is_nested = true;
        file_drop_last(form);
    }
    bool is_dump = strcmp(part->name, FORM_DUMP_NAME) == 0;
    form->part = *part;
    form->kind = is_dump || part->has_file_name ? PART_FILE : PART_FIELD;
    buffer_reset(&form->value);
    return form->kind == PART_FIELD || file_begin(form, part->name, part->file_name, is_dump);
}

static bool nested_data(void *context, const void *bytes, size_t size)
{
    struct form *form = context;
    if (form->kind == PART_FILE)
        return file_data(form, bytes, size);
    enum status status = buffer_append(&form->value, bytes, size);
    if (status == ST_TOO_LARGE)
        return refusal_set(form->refusal, 413, "The form's text fields are larger than this server takes.");
    return status ? refusal_set_status(form->refusal, status) : true;
}

static bool nested_end(void *context)
{
    struct form *form = context;
    return form->kind == PART_FILE || add_field(form, form->part.name, buffer_text(&form->value), form->value.len);
}

static const struct multipart_events NESTED_EVENTS = {nested_begin, nested_data, nested_end};

/* Begins a file whose bytes may come packed. Only in the dump itself another body is looked for. */
static bool packed_begin(struct form *form, const char *name, const char *file_name, bool is_dump, bool may_nest)
{
    struct dump_part_target target = {
        .data = dump_data,
        .nested = may_nest ? &NESTED_EVENTS : NULL,
        .context = form,
        .refusal = form->refusal,
        .max_bytes = form->limits.max_file_bytes,
        .max_parts = FORM_MAX_PARTS,
    };
    form->kind = PART_FILE;
    form->is_nested = false;
    dump_part_free(form->dump_part);
    form->dump_part = NULL;
    enum status status = dump_part_create(&form->dump_part, &target);
    if (status)
        return refusal_set_status(form->refusal, status);
    return file_begin(form, name, file_name, is_dump);
}

bool form_dump_begin(struct form *form, const char *name, const char *file_name)
{
    return packed_begin(form, name, file_name, true, false);
}

bool form_dump_data(struct form *form, const void *bytes, size_t size)
{
    return dump_part_feed(form->dump_part, bytes, size);
}

bool form_dump_end(struct form *form)
{
    bool nested = false;
    return dump_part_finish(form->dump_part, &nested);
}

/* -- events of the outer body -- */

static bool is_file(const struct multipart_part *part)
{
    bool is_json_extra = text_starts_nocase(part->content_type, "application/json") && strcmp(part->name, "extra") == 0;
    return part->has_file_name && !is_json_extra;
}

static bool part_begin(void *context, const struct multipart_part *part)
{
    struct form *form = context;
    form->part = *part;
    buffer_reset(&form->value);
    bool is_dump = strcmp(part->name, FORM_DUMP_NAME) == 0;
    if (is_dump || (part->is_gzip && is_file(part)))
        return packed_begin(form, part->name, part->file_name, is_dump, is_dump);
    form->kind = is_file(part) ? PART_FILE : PART_FIELD;
    return form->kind == PART_FIELD || file_begin(form, part->name, part->file_name, false);
}

static bool part_data(void *context, const void *bytes, size_t size)
{
    struct form *form = context;
    if (form->dump_part)
        return dump_part_feed(form->dump_part, bytes, size);
    return nested_data(form, bytes, size);
}

static bool part_end(void *context)
{
    struct form *form = context;
    if (!form->dump_part)
        return nested_end(form);
    bool done = form_dump_end(form);
    dump_part_free(form->dump_part);
    form->dump_part = NULL;
    form->kind = PART_NONE;
    return done;
}

const struct multipart_events form_events = {part_begin, part_data, part_end};

/* -- reading -- */

const struct form_field *form_find(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->field_count; i++)
        if (strcmp(form->fields[i].name, name) == 0)
            return &form->fields[i];
    return NULL;
}

const char *form_text(const struct form *form, const char *name)
{
    const struct form_field *field = form_find(form, name);
    return field ? field->value : "";
}

size_t form_fields(const struct form *form, const struct form_field **ret)
{
    *ret = form->fields;
    return form->field_count;
}

size_t form_files(struct form *form, struct form_file **ret)
{
    *ret = form->files;
    return form->file_count;
}

static bool begins_like_a_dump(struct form_file *file)
{
    uint8_t head[4];
    return file_read_at(spill_file(file->spill), 0, head, sizeof head) == ST_OK && memcmp(head, "MDMP", 4) == 0;
}

struct form_file *form_dump(struct form *form)
{
    for (size_t i = 0; i < form->file_count; i++)
        if (form->files[i].is_dump)
            return &form->files[i];
    for (size_t i = 0; i < form->file_count; i++)
        if (begins_like_a_dump(&form->files[i]))
            return &form->files[i];
    return NULL;
}
