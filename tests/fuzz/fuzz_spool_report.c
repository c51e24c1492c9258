/* fuzz_spool_report.c - a report file: the input is its record, behind a small dump and with a right footer; or, when it begins with a
 * zero byte, the rest of it is the whole file. */
#include "base/log.h"
#include "base/process.h"
#include "fuzz.h"
#include "spool/spool.h"
#include <stdio.h>
#include <stdlib.h>

#define DUMP_BYTES 64

static struct file file = {FILE_CLOSED};
static char path[64];

static void file_forget(void)
{
    file_close(&file);
    file_remove(path);
}

static void must(enum status status)
{
    if (status != ST_OK)
        abort();
}

/* One file for all inputs, in the current folder. */
static void file_begin(void)
{
    if (file.os == FILE_CLOSED) {
        log_set_level(LOG_LEVEL_ERROR);
        snprintf(path, sizeof path, "fuzz-report-%u.dmp", (unsigned)process_self_id());
        must(file_open(&file, path, FILE_MODE_REPLACE));
        atexit(file_forget);
    }
    must(file_truncate(&file, 0));
    must(file_seek(&file, 0));
}

static void report_write(const uint8_t *record, size_t size)
{
    static const uint8_t dump[DUMP_BYTES] = "MDMP";
    struct container_footer footer = {DUMP_BYTES, (uint32_t)size, container_crc32(record, size)};
    uint8_t bytes[CONTAINER_FOOTER_BYTES];

    container_footer_encode(&footer, bytes);
    must(file_write(&file, dump, sizeof dump));
    must(file_write(&file, record, size));
    must(file_write(&file, bytes, sizeof bytes));
}

static void report_check(struct spool_report *report, uint64_t file_bytes)
{
    const struct spool_attachment *attachments;
    size_t count = spool_report_attachments(report, &attachments);
    uint8_t uuid[16];

    if (spool_report_dump_bytes(report) > file_bytes || (spool_report_id(report)[0] && !uuid_parse(uuid, spool_report_id(report))))
        abort();
    for (size_t i = 0; i < count; i++)
        if (!path_is_plain_name(attachments[i].name) || attachments[i].offset > file_bytes ||
            attachments[i].size_bytes > file_bytes - attachments[i].offset)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct spool_report *report = NULL;
    struct file_info info;

    if (size == 0 || size > RECORD_MAX_BYTES)
        return 0;
    file_begin();
    if (data[0] == 0)
        must(file_write(&file, data + 1, size - 1));
    else
        report_write(data, size);
    must(file_info_of(&file, &info));
    if (spool_report_open_file(path, &report) == ST_OK)
        report_check(report, info.size_bytes);
    spool_report_close(report);
    return 0;
}
