/* verdict.c - statuses and bodies to verdicts. The body is hostile: at most its first line is used, and only if it is plain text. */
#include "uploader/verdict.h"
#include <stdio.h>
#include <string.h>

#define EXCERPT_BYTES 160

const char *verdict_name(enum verdict_kind kind)
{
    static const char *const names[] = {"accepted", "discarded", "refused", "misconfigured", "waiting"};

    return (unsigned)kind < sizeof names / sizeof *names ? names[kind] : "";
}

static bool byte_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The first line without blanks around it; false when there is nothing or something unprintable in it. */
static bool first_line(const void *body, size_t body_bytes, const char **ret, size_t *ret_size)
{
    const char *start = body, *end;

    if (!body_bytes)
        return false;
    end = memchr(start, '\n', body_bytes);
    end = end ? end : start + body_bytes;
    while (start < end && byte_is_blank(*start))
        start++;
    while (end > start && byte_is_blank(end[-1]))
        end--;
    for (const char *c = start; c < end; c++)
        if (*c < 0x20 || *c > 0x7e)
            return false;
    *ret = start;
    *ret_size = (size_t)(end - start);
    return end > start;
}

static bool line_starts(const char *line, size_t size, const char *prefix)
{
    return size >= strlen(prefix) && memcmp(line, prefix, strlen(prefix)) == 0;
}

void verdict_reply_id(const void *body, size_t body_bytes, char ret[VERDICT_MAX_REPLY_ID + 1])
{
    static const char crash_id[] = "CrashID=";
    const char *line;
    size_t size;

    ret[0] = 0;
    if (!first_line(body, body_bytes, &line, &size))
        return;
    if (line_starts(line, size, crash_id)) {
        line += sizeof crash_id - 1;
        size -= sizeof crash_id - 1;
    }
    if (size > VERDICT_MAX_REPLY_ID)
        return;
    memcpy(ret, line, size);
    ret[size] = 0;
}

static bool body_is_discard(const struct reply *reply)
{
    static const char mark[] = "Discarded=";

    return reply->body_bytes >= sizeof mark - 1 && memcmp(reply->body, mark, sizeof mark - 1) == 0;
}

static void decide_success(const struct reply *reply, struct verdict *ret)
{
    if (!reply->is_whole) {
        ret->is_uncertain = reply->is_sent;
        ret->kind = VERDICT_WAIT; /* half an answer: it is sent again under the same id, and counted once */
        snprintf(ret->reason, sizeof ret->reason, "the answer broke off: %s", reply->error ? reply->error : "");
        return;
    }
    verdict_reply_id(reply->body, reply->body_bytes, ret->reply_id);
    ret->kind = body_is_discard(reply) ? VERDICT_DISCARDED : VERDICT_ACCEPTED;
    if (ret->kind == VERDICT_DISCARDED)
        snprintf(ret->reason, sizeof ret->reason, "the server discarded it: %.*s", EXCERPT_BYTES, ret->reply_id);
}

/* Refusals of this one report; every other 4xx speaks about address, key or method, which someone can put right. */
static bool status_is_refusal(long status)
{
    return status == 400 || status == 413 || status == 415 || status == 422;
}

static bool status_is_passing(long status)
{
    return status >= 500 || status == 408 || status == 425 || status == 429;
}

/* "the server answered 403: key unknown", as far as the body is fit to be read. */
static void reason_from_answer(const struct reply *reply, struct verdict *ret)
{
    const char *line = "";
    size_t size = 0;

    if (reply->error && reply->error[0] && reply->status < 400) {
        line = reply->error;
        size = strlen(line);
    } else {
        first_line(reply->body, reply->body_bytes, &line, &size);
    }
    if (size > EXCERPT_BYTES)
        size = EXCERPT_BYTES;
    while (size && line[size - 1] == '.') /* the reason becomes part of a sentence */
        size--;
    snprintf(ret->reason, sizeof ret->reason, "the server answered %ld%s%.*s", reply->status, size ? ": " : "", (int)size, line);
}

void verdict_decide(const struct reply *reply, struct verdict *ret)
{
    *ret = (struct verdict){.kind = VERDICT_WAIT};
    if (reply->status >= 200 && reply->status < 300) {
        decide_success(reply, ret);
        return;
    }
    if (reply->status < 200) {
        ret->is_endpoint_wide = true;
        ret->is_uncertain = reply->is_sent;
        snprintf(ret->reason, sizeof ret->reason, "no answer: %s", reply->error && reply->error[0] ? reply->error : "connection closed");
        return;
    }
    reason_from_answer(reply, ret);
    if (status_is_refusal(reply->status)) {
        ret->kind = VERDICT_REFUSED;
        ret->is_too_large = reply->status == 413;
    } else if (status_is_passing(reply->status)) {
        ret->is_endpoint_wide = reply->status == 429 || reply->status == 503;
        ret->retry_after_s = reply->retry_after_s < VERDICT_MAX_RETRY_AFTER ? reply->retry_after_s : VERDICT_MAX_RETRY_AFTER;
    } else {
        ret->kind = VERDICT_CONFIGURATION;
        ret->is_endpoint_wide = true;
    }
}
