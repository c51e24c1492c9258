/* finding.c - see finding.h. */
#include "finding.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SENTENCE 4096

static const char *const names[] = {"ok", "note", "warning", "error"};

const char *severity_name(enum severity severity)
{
    return (unsigned)severity < sizeof names / sizeof names[0] ? names[severity] : "";
}

void findings_done(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        free(findings->items[i].what);
        free(findings->items[i].why);
        free(findings->items[i].remedy);
    }
    free(findings->items);
    *findings = (struct findings){0};
}

static enum status make_room(struct findings *findings)
{
    size_t capacity = findings->capacity ? 2 * findings->capacity : 32;
    struct finding *items;

    if (findings->count < findings->capacity)
        return ST_OK;
    items = realloc(findings->items, capacity * sizeof *items);
    if (!items)
        return ST_MEMORY;
    findings->items = items;
    findings->capacity = capacity;
    return ST_OK;
}

static enum status sentence(char **ret, const char *format, va_list args)
{
    struct buffer text;
    enum status st;

    buffer_init(&text, MAX_SENTENCE);
    st = buffer_vprintf(&text, format, args);
    if (!st) {
        free(*ret);
        *ret = buffer_take(&text);
    }
    buffer_done(&text);
    return st;
}

static enum status BASE_PRINTF(2, 3) put_sentence(char **ret, const char *format, ...)
{
    va_list args;
    enum status st;

    va_start(args, format);
    st = sentence(ret, format, args);
    va_end(args);
    return st;
}

void findings_add(struct findings *findings, enum severity severity, const char *check, const char *why, const char *what, ...)
{
    struct finding *finding;
    va_list args;

    if (!findings->status)
        findings->status = make_room(findings);
    if (findings->status)
        return;
    finding = &findings->items[findings->count++];
    *finding = (struct finding){.severity = severity, .check = check};
    va_start(args, what);
    findings->status = sentence(&finding->what, what, args);
    va_end(args);
    if (!findings->status && why)
        findings->status = put_sentence(&finding->why, "%s", why);
}

void findings_remedy(struct findings *findings, const char *format, ...)
{
    va_list args;

    if (findings->status || findings->count == 0)
        return;
    va_start(args, format);
    findings->status = sentence(&findings->items[findings->count - 1].remedy, format, args);
    va_end(args);
}

size_t findings_count(const struct findings *findings, enum severity severity)
{
    size_t count = 0;

    for (size_t i = 0; i < findings->count; i++)
        count += findings->items[i].severity == severity;
    return count;
}

bool findings_are_bad(const struct findings *findings)
{
    return findings_count(findings, FINDING_WARNING) + findings_count(findings, FINDING_ERROR) > 0;
}

/* Sentences hold names from the registry and the disk: nothing in them may move a terminal's cursor. */
static enum status put_clean(struct buffer *out, const char *text)
{
    enum status st = ST_OK;

    for (; !st && *text; text++) {
        unsigned char c = (unsigned char)*text;
        st = buffer_append_byte(out, c < ' ' || c == 0x7f ? '?' : c);
    }
    return st;
}

static enum status print_line(struct buffer *out, const char *lead, const char *text)
{
    enum status st = text ? buffer_append_text(out, lead) : ST_OK;

    if (text && !st)
        st = put_clean(out, text);
    return text && !st ? buffer_append_byte(out, '\n') : st;
}

static enum status print_one(const struct finding *finding, struct buffer *out)
{
    char lead[32];
    enum status st;

    snprintf(lead, sizeof lead, "%-8s %-12s ", severity_name(finding->severity), finding->check);
    st = print_line(out, lead, finding->what);
    if (!st)
        st = print_line(out, "                        why: ", finding->why);
    return st ? st : print_line(out, "                        do:  ", finding->remedy);
}

enum status findings_print(const struct findings *findings, struct buffer *out)
{
    enum status st = findings->status;

    for (int severity = FINDING_ERROR; !st && severity >= FINDING_OK; severity--)
        for (size_t i = 0; !st && i < findings->count; i++)
            if ((int)findings->items[i].severity == severity)
                st = print_one(&findings->items[i], out);
    return st ? st
              : buffer_printf(out, "\n%zu errors, %zu warnings, %zu notes, %zu ok\n", findings_count(findings, FINDING_ERROR),
                              findings_count(findings, FINDING_WARNING), findings_count(findings, FINDING_NOTE),
                              findings_count(findings, FINDING_OK));
}

static void write_one(const struct finding *finding, struct json *json)
{
    json_object_begin(json);
    json_key(json, "severity");
    json_text(json, severity_name(finding->severity));
    json_key(json, "check");
    json_text(json, finding->check);
    json_key(json, "what");
    json_text(json, finding->what);
    json_key(json, "why");
    json_text(json, finding->why);
    json_key(json, "remedy");
    json_text(json, finding->remedy);
    json_object_end(json);
}

void findings_write_json(const struct findings *findings, struct json *json)
{
    json_key(json, "findings");
    json_array_begin(json);
    for (size_t i = 0; i < findings->count; i++)
        write_one(&findings->items[i], json);
    json_array_end(json);
}
