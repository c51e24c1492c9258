/* matrix_reports.c - see matrix.h: what the layers made of the deaths. */
#include "base/bytes.h"
#include "matrix.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_THREADS   3
#define STREAM_EXCEPTION 6
#define COPY_BYTES       65536

static void read_text(const struct spool_report *report, const char *key, char *ret, size_t size)
{
    snprintf(ret, size, "%s", harness_value(report, key));
}

static void read_dump(struct spool_report *report, struct matrix_report *ret)
{
    uint32_t offset, size;

    if (ret->dump_bytes && harness_dump_stream(report, STREAM_THREADS, &offset, &size))
        ret->threads = harness_dump_u32(report, offset);
    if (ret->dump_bytes == 0 || !harness_dump_stream(report, STREAM_EXCEPTION, &offset, &size))
        return;
    ret->code = harness_dump_exception(report, &ret->thread);
    ret->address = harness_dump_u32(report, offset + 24) | (uint64_t)harness_dump_u32(report, offset + 28) << 32;
}

static void copy_dump(struct spool_report *report, const char *prefix, uint32_t pid)
{
    uint64_t left = spool_report_dump_bytes(report), at = 0;
    char path[256], *bytes = malloc(COPY_BYTES);
    struct file file = {FILE_CLOSED};

    snprintf(path, sizeof path, "%s%u.dmp", prefix, pid);
    assert_int_equal(file_open(&file, path, FILE_MODE_CREATE), ST_OK);
    for (; left; left -= left < COPY_BYTES ? left : COPY_BYTES, at += COPY_BYTES) {
        size_t part = left < COPY_BYTES ? (size_t)left : COPY_BYTES;
        assert_int_equal(file_read_at(spool_report_file(report), at, bytes, part), ST_OK);
        assert_int_equal(file_write(&file, bytes, part), ST_OK);
    }
    file_close(&file);
    free(bytes);
}

static void read_report(struct spool_report *report, const char *prefix, struct matrix_report *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->pid = (uint32_t)harness_number(report, RECORD_PID);
    ret->exit_code = (uint32_t)harness_number(report, RECORD_EXIT_CODE);
    ret->dump_bytes = spool_report_dump_bytes(report);
    read_text(report, RECORD_LAYER, ret->layer, sizeof ret->layer);
    read_text(report, RECORD_LAYERS, ret->layers, sizeof ret->layers);
    read_text(report, RECORD_SOURCE, ret->source, sizeof ret->source);
    read_text(report, RECORD_FILTER_FAULTED, ret->filter_faulted, sizeof ret->filter_faulted);
    read_dump(report, ret);
    if (prefix && ret->dump_bytes)
        copy_dump(report, prefix, ret->pid);
}

static void read_state(struct spool *spool, enum spool_state state, const char *prefix, struct matrix_report *ret, size_t max,
                       size_t *count)
{
    struct spool_entry *entries;
    struct spool_report *report;
    size_t listed;

    assert_int_equal(spool_list(spool, state, &entries, &listed), ST_OK);
    for (size_t i = 0; i < listed; i++) {
        assert_true(*count < max);
        assert_int_equal(spool_report_open(spool, state, entries[i].name, &report), ST_OK);
        read_report(report, prefix, &ret[(*count)++]);
        spool_report_close(report);
    }
    spool_list_free(entries, listed);
}

size_t matrix_read(const char *queue, const char *prefix, struct matrix_report *ret, size_t max)
{
    struct spool *spool = NULL;
    size_t count = 0;

    assert_int_equal(spool_open(&spool, queue), ST_OK);
    read_state(spool, SPOOL_NEW, prefix, ret, max, &count);
    read_state(spool, SPOOL_PENDING, prefix, ret, max, &count);
    spool_close(spool);
    return count;
}
