/* name.c - report names: `<exe>-<unix_ts>-<pid>[-n].dmp`. The exe is whatever a crashed program is called, so it is made safe first. */
#include "base/clock.h"
#include "base/text.h"
#include "spool/internal.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXE_BYTES         120
#define SEQUENCE_MAX      9999u
#define TIME_PLAUSIBLE    100000000u /* 1973: smaller numbers are pids or suffixes */
#define TIME_MAX          253402300799u
#define REPORT_SUFFIX     ".dmp"
#define REPORT_SUFFIX_LEN 4u

/* Whether a byte may stand in a file name on Windows and POSIX; bytes of UTF-8 characters may. */
static bool byte_is_plain(unsigned char c)
{
    return c > 0x20 && c != 0x7f && !strchr("<>:\"/\\|?*", c);
}

static void exe_make(char ret[EXE_BYTES], const char *record, size_t record_bytes)
{
    char app[1024], bucket[SPOOL_BUCKET_BYTES];
    size_t len;

    if (spool_record_count(record, record_bytes)) {
        spool_bucket(record, record_bytes, bucket);
        snprintf(ret, EXE_BYTES, SPOOL_COUNT_PREFIX "%s", bucket);
        return;
    }
    if (!record_get(record, record_bytes, RECORD_APP, app, sizeof app) || !text_is_utf8(app, strlen(app)))
        app[0] = 0;
    text_copy(ret, EXE_BYTES, path_base(app));
    for (char *c = ret; *c; c++)
        if (!byte_is_plain((unsigned char)*c))
            *c = '_';
    for (len = strlen(ret); len && ret[len - 1] == '.'; len--)
        ret[len - 1] = '_';
    if (ret[0] == '.')
        ret[0] = '_';
    if (!ret[0])
        text_copy(ret, EXE_BYTES, "unknown");
}

void spool_name_make(char ret[SPOOL_NAME_BYTES], const char *record, size_t record_bytes)
{
    char exe[EXE_BYTES];
    uint64_t time, pid;

    exe_make(exe, record, record_bytes);
    if (!record_get_u64(record, record_bytes, RECORD_TIME, &time) || time > TIME_MAX)
        time = (uint64_t)(clock_unix_ms() / 1000);
    if (!record_get_u64(record, record_bytes, RECORD_PID, &pid) || pid > UINT32_MAX)
        pid = 0;
    snprintf(ret, SPOOL_NAME_BYTES, "%s-%" PRIu64 "-%" PRIu64 REPORT_SUFFIX, exe, time, pid);
    if (!path_is_plain_name(ret)) /* such as con.exe: a device name is one with any ending */
        snprintf(ret, SPOOL_NAME_BYTES, "_%s-%" PRIu64 "-%" PRIu64 REPORT_SUFFIX, exe, time, pid);
}

bool spool_name_is_report(const char *name)
{
    return path_is_plain_name(name) && text_ends_nocase(name, REPORT_SUFFIX) && strlen(name) > REPORT_SUFFIX_LEN;
}

/* Reads `-<digits>` that ends at *end and moves *end in front of it. */
static bool number_before(const char *name, size_t *end, uint64_t *ret)
{
    size_t start = *end;
    uint64_t value = 0;

    while (start > 0 && name[start - 1] >= '0' && name[start - 1] <= '9')
        start--;
    if (start == *end || start < 2 || name[start - 1] != '-' || *end - start > 18)
        return false;
    for (size_t i = start; i < *end; i++)
        value = value * 10 + (uint64_t)(name[i] - '0');
    *end = start - 1;
    *ret = value;
    return true;
}

/* Takes a name apart; *ret_stem is its length without suffix and ending. The second number from the right is the time, unless it is too
 * small for one: then it is the pid and the last number a suffix. */
static void name_parse(const char *name, uint64_t *ret_time, uint64_t *ret_sequence, size_t *ret_stem)
{
    size_t end = strlen(name), unsuffixed;
    uint64_t last, middle, first;

    *ret_time = *ret_sequence = 0;
    if (text_ends_nocase(name, REPORT_SUFFIX))
        end -= REPORT_SUFFIX_LEN;
    *ret_stem = end;
    if (!number_before(name, &end, &last))
        return;
    unsuffixed = end;
    if (!number_before(name, &end, &middle))
        return;
    if (middle >= TIME_PLAUSIBLE) {
        *ret_time = middle;
    } else if (number_before(name, &end, &first) && last <= SEQUENCE_MAX) {
        *ret_time = first;
        *ret_sequence = last;
        *ret_stem = unsuffixed;
    }
}

void spool_name_order(const char *name, uint64_t *ret_time, uint64_t *ret_sequence)
{
    size_t stem;

    name_parse(name, ret_time, ret_sequence, &stem);
}

int spool_name_compare(const char *a, const char *b)
{
    uint64_t a_time, b_time, a_sequence, b_sequence;

    spool_name_order(a, &a_time, &a_sequence);
    spool_name_order(b, &b_time, &b_sequence);
    if (a_time != b_time)
        return a_time < b_time ? -1 : 1;
    if (a_sequence != b_sequence)
        return a_sequence < b_sequence ? -1 : 1;
    return strcmp(a, b);
}

size_t spool_name_program(const char *name)
{
    size_t end = strlen(name), whole;
    uint64_t last, middle, first;

    if (text_ends_nocase(name, REPORT_SUFFIX))
        end -= REPORT_SUFFIX_LEN;
    whole = end;
    if (!number_before(name, &end, &last) || !number_before(name, &end, &middle))
        return whole;
    return middle >= TIME_PLAUSIBLE || number_before(name, &end, &first) ? end : whole;
}

static bool name_is_taken(const struct spool *spool, const char *name)
{
    bool taken = false;

    for (int i = 0; !taken && i < SPOOL_STATE_COUNT; i++) {
        char *path = spool_path(spool, (enum spool_state)i, name);
        struct file_info info;

        taken = path && file_stat(path, &info) == ST_OK;
        free(path);
    }
    return taken;
}

static enum status place_as(struct spool *spool, const char *from, enum spool_state state, const char *name)
{
    char *to = spool_path(spool, state, name);
    enum status status = to ? file_rename(from, to, false) : ST_MEMORY;

    free(to);
    return status;
}

enum status spool_name_place(struct spool *spool, const char *from, enum spool_state state, const char *name, bool everywhere,
                             char **ret_name)
{
    uint64_t time, sequence;
    size_t stem;
    enum status status;
    char *candidate = malloc(SPOOL_NAME_BYTES + 8);

    if (!candidate)
        return ST_MEMORY;
    text_copy(candidate, SPOOL_NAME_BYTES, name);
    status = everywhere && name_is_taken(spool, name) ? ST_EXISTS : place_as(spool, from, state, name);
    name_parse(name, &time, &sequence, &stem);
    for (unsigned n = 1; status == ST_EXISTS && n <= SEQUENCE_MAX; n++) {
        snprintf(candidate, SPOOL_NAME_BYTES + 8, "%.*s-%u" REPORT_SUFFIX, (int)stem, name, n);
        if (!path_is_plain_name(candidate))
            break;
        if (!everywhere || !name_is_taken(spool, candidate))
            status = place_as(spool, from, state, candidate);
    }
    if (status != ST_OK) {
        free(candidate);
        return status;
    }
    *ret_name = candidate;
    return ST_OK;
}
