/* report.c - builds a report's record. The identity lines come first and from the writer alone; what the client wrote follows them, so
 * a first-match lookup never finds a client's word where the writer's own is meant. */
#include "proto/report.h"
#include "base/text.h"
#include <string.h>

void report_put_identity(struct record_writer *writer, const struct report_identity *identity)
{
    record_put(writer, RECORD_FORMAT, "1");
    record_put(writer, RECORD_ID, identity->id);
    record_put(writer, RECORD_APP, identity->app);
    if (identity->pid)
        record_put_u64(writer, RECORD_PID, identity->pid);
    if (identity->process_start > 0)
        record_put_u64(writer, RECORD_START, (uint64_t)identity->process_start);
    if (identity->crash_time > 0)
        record_put_u64(writer, RECORD_TIME, (uint64_t)identity->crash_time);
    record_put(writer, RECORD_LAYER, identity->layer);
    if (identity->weak)
        record_put(writer, RECORD_WEAK_ID, "1");
    if (identity->consent_of[0])
        record_put(writer, RECORD_CONSENT_OF, identity->consent_of);
}

static const char *source_name(uint32_t source)
{
    static const char *const names[] = {
        [BLOCK_SOURCE_NONE] = "none",   [BLOCK_SOURCE_VEH] = "veh",           [BLOCK_SOURCE_FILTER] = "filter",
        [BLOCK_SOURCE_ABORT] = "abort", [BLOCK_SOURCE_PURECALL] = "purecall", [BLOCK_SOURCE_INVALID_PARAMETER] = "invalid-parameter",
        [BLOCK_SOURCE_CALL] = "call",   [BLOCK_SOURCE_WER] = "wer",           [BLOCK_SOURCE_HANG] = "hang",
    };
    return source < sizeof names / sizeof names[0] ? names[source] : "unknown";
}

static void put_if_set(struct record_writer *writer, const char *key, const char *value)
{
    if (value[0])
        record_put(writer, key, value);
}

static void put_annotation(struct record_writer *writer, const struct block_annotation *annotation)
{
    bool torn = annotation->sequence % 2 != 0;
    bool sound = annotation->key_bytes <= BLOCK_MAX_KEY && annotation->value_bytes <= BLOCK_MAX_VALUE;

    if (torn || !sound || annotation->key_bytes == 0)
        return;
    record_put_sized(writer, RECORD_ANNOTATION, annotation->key, annotation->key_bytes, annotation->value, annotation->value_bytes);
}

void report_put_annotations(struct record_writer *writer, const struct block *copy)
{
    for (size_t i = 0; i < BLOCK_MAX_ANNOTATIONS; i++)
        put_annotation(writer, &copy->annotations[i]);
}

void report_put_consent(struct record_writer *writer, uint32_t consent)
{
    static const char *const words[] = {[BLOCK_CONSENT_UNSET] = CONSENT_UNSET, [BLOCK_CONSENT_YES] = CONSENT_YES};

    record_put(writer, RECORD_CONSENT, consent < sizeof words / sizeof *words ? words[consent] : CONSENT_NO);
}

static void copy_name(char ret[BLOCK_MAX_NAME], const volatile char *live)
{
    size_t len = 0;

    while (len < BLOCK_MAX_NAME && (ret[len] = live[len]) != '\0')
        len++;
    if (len == BLOCK_MAX_NAME || !text_is_utf8(ret, len))
        ret[0] = '\0';
}

void report_copy_program(struct report_program *ret, const volatile struct block *live)
{
    copy_name(ret->version, live->app_version);
    copy_name(ret->environment, live->environment);
    copy_name(ret->channel, live->channel);
    ret->consent = live->consent;
}

void report_put_program(struct record_writer *writer, const struct report_program *program)
{
    put_if_set(writer, RECORD_VERSION, program->version);
    put_if_set(writer, RECORD_ENVIRONMENT, program->environment);
    put_if_set(writer, RECORD_CHANNEL, program->channel);
    report_put_consent(writer, program->consent);
}

void report_put_client(struct record_writer *writer, const struct block *copy)
{
    struct report_program program;

    report_copy_program(&program, copy);
    report_put_program(writer, &program);
    if (copy->damaged)
        record_put(writer, RECORD_BLOCK_DAMAGED, "1");
    record_put(writer, RECORD_SOURCE, source_name(copy->source));
    if (copy->exception.code)
        record_put_hex(writer, RECORD_CODE, copy->exception.code);
    if (copy->request == BLOCK_REQUEST_DUMP_NOW)
        put_if_set(writer, RECORD_REASON, copy->reason);
    if (copy->filter_faulted)
        record_put(writer, RECORD_FILTER_FAULTED, "1");
    report_put_annotations(writer, copy);
}

size_t report_log(const struct block *copy, uint8_t *ret)
{
    size_t head = (size_t)(copy->log_written % BLOCK_LOG_BYTES);

    if (copy->log_written <= BLOCK_LOG_BYTES) {
        memcpy(ret, copy->log, (size_t)copy->log_written);
        return (size_t)copy->log_written;
    }
    memcpy(ret, copy->log + head, BLOCK_LOG_BYTES - head);
    memcpy(ret + BLOCK_LOG_BYTES - head, copy->log, head);
    const uint8_t *line_end = memchr(ret, '\n', BLOCK_LOG_BYTES);
    if (!line_end)
        return BLOCK_LOG_BYTES;
    size_t len = BLOCK_LOG_BYTES - (size_t)(line_end + 1 - ret);
    memmove(ret, line_end + 1, len);
    return len;
}

void report_copy_block(struct block *ret, const struct block *live)
{
    memcpy(ret, live, sizeof *ret);
    for (size_t i = 0; i < BLOCK_MAX_ANNOTATIONS; i++) {
        uint32_t now = *(volatile const uint32_t *)&live->annotations[i].sequence;
        if (now != ret->annotations[i].sequence)
            ret->annotations[i].sequence |= 1;
    }
}
