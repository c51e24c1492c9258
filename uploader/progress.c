/* progress.c - the rate is that of the last seconds, so that time left follows a network that becomes slower. */
#include "uploader/progress.h"
#include "base/clock.h"
#include "base/text.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TERMINAL_INTERVAL_MS 100
#define PLAIN_INTERVAL_MS    5000
#define SAMPLE_INTERVAL_MS   1000
#define BAR_CELLS            20
#define LABEL_BYTES          24
#define LEFT_MAX_S           (100u * 3600)

static void samples_start(struct progress *progress, uint64_t now_ms, uint64_t done)
{
    progress->samples[0] = (struct progress_sample){now_ms, done};
    progress->sample_count = 1;
}

static void sample_add(struct progress *progress, uint64_t now_ms, uint64_t done)
{
    struct progress_sample *last = &progress->samples[progress->sample_count - 1];

    if (now_ms - last->ms < SAMPLE_INTERVAL_MS)
        return;
    if (progress->sample_count == PROGRESS_SAMPLES) {
        memmove(progress->samples, progress->samples + 1, (PROGRESS_SAMPLES - 1) * sizeof *progress->samples);
        progress->sample_count--;
    }
    progress->samples[progress->sample_count++] = (struct progress_sample){now_ms, done};
}

/* Bytes a second since the oldest sample; 0 while nothing can be said. */
static uint64_t rate_of(const struct progress *progress, uint64_t now_ms, uint64_t done)
{
    const struct progress_sample *oldest = &progress->samples[0];

    return now_ms > oldest->ms && done > oldest->done ? (done - oldest->done) * 1000 / (now_ms - oldest->ms) : 0;
}

static void left_format(uint64_t seconds, char ret[32])
{
    if (seconds >= LEFT_MAX_S)
        snprintf(ret, 32, "days left");
    else if (seconds >= 3600)
        snprintf(ret, 32, "%u:%02u:%02u left", (unsigned)(seconds / 3600), (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
    else
        snprintf(ret, 32, "%u:%02u left", (unsigned)(seconds / 60), (unsigned)(seconds % 60));
}

/* A file's name may hold what moves a terminal's cursor. */
static void label_format(const char *label, char ret[LABEL_BYTES + 1])
{
    size_t len = text_cut(label, strlen(label), LABEL_BYTES);

    for (size_t i = 0; i < len; i++)
        ret[i] = (unsigned char)label[i] < 0x20 || label[i] == 0x7f || label[i] == '"' ? '?' : label[i];
    ret[len] = 0;
}

static void terminal_format(const struct progress *progress, uint64_t done, uint64_t total, uint64_t rate, char ret[PROGRESS_LINE_BYTES])
{
    char label[LABEL_BYTES + 1], bar[BAR_CELLS + 1], left[32] = "";

    label_format(progress->label, label);
    for (unsigned i = 0; i < BAR_CELLS; i++)
        bar[i] = i * total < done * BAR_CELLS ? '#' : '.';
    bar[BAR_CELLS] = 0;
    if (rate)
        left_format((total - done + rate - 1) / rate, left);
    snprintf(ret, PROGRESS_LINE_BYTES, "%s %s [%s] %3u %% of %.1f MB", label, progress->verb, bar, (unsigned)(done * 100 / total),
             (double)total / 1e6);
    if (rate)
        snprintf(ret + strlen(ret), PROGRESS_LINE_BYTES - strlen(ret), ", %.1f MB/s, %s", (double)rate / 1e6, left);
}

static void plain_format(const struct progress *progress, uint64_t done, uint64_t total, uint64_t rate, char ret[PROGRESS_LINE_BYTES])
{
    char label[LABEL_BYTES + 1];

    label_format(progress->label, label);
    snprintf(ret, PROGRESS_LINE_BYTES,
             "%s file=\"%s\" percent=%u done_bytes=%" PRIu64 " total_bytes=%" PRIu64 " bytes_per_s=%" PRIu64 " left_s=%" PRIu64,
             progress->verb, label, (unsigned)(done * 100 / total), done, total, rate, rate ? (total - done + rate - 1) / rate : 0);
}

bool progress_line(struct progress *progress, const char *verb, uint64_t now_ms, uint64_t done, uint64_t total,
                   char ret[PROGRESS_LINE_BYTES])
{
    uint64_t interval_ms = progress->is_terminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS, rate;

    if (!total || done > total)
        return false;
    if (progress->verb != verb || !progress->sample_count || done < progress->samples[0].done) { /* another phase, or a second try */
        progress->verb = verb;
        samples_start(progress, now_ms, done);
        if (!progress->is_terminal && !progress->told_ms) /* what is quick goes without a word */
            progress->told_ms = now_ms;
    }
    sample_add(progress, now_ms, done);
    if (progress->told_ms && now_ms - progress->told_ms < interval_ms)
        return false;
    progress->told_ms = now_ms;
    rate = rate_of(progress, now_ms, done);
    if (progress->is_terminal)
        terminal_format(progress, done, total, rate, ret);
    else
        plain_format(progress, done, total, rate, ret);
    return true;
}

static void progress_tell(struct progress *progress, const char *verb, uint64_t done, uint64_t total)
{
    char line[PROGRESS_LINE_BYTES];
    size_t len;

    if (!progress_line(progress, verb, clock_steady_ms() + 1, done, total, line))
        return;
    len = strlen(line);
    if (progress->is_terminal) /* spaces wipe what the last line had more */
        fprintf(stderr, "\r%s%*s", line, progress->drawn > len ? (int)(progress->drawn - len) : 0, "");
    else
        fprintf(stderr, "%s\n", line);
    fflush(stderr);
    progress->drawn = progress->is_terminal ? len : 0;
}

void progress_begin(struct progress *progress, const char *label)
{
    progress_clear(progress);
    progress->label = label;
    progress->verb = NULL;
    progress->told_ms = 0;
    progress->sample_count = 0;
}

void progress_pack(void *context, uint64_t done, uint64_t total)
{
    static const char verb[] = "packing";

    progress_tell(context, verb, done, total);
}

void progress_send(void *context, uint64_t sent, uint64_t total)
{
    static const char verb[] = "sending";

    progress_tell(context, verb, sent, total);
}

void progress_clear(struct progress *progress)
{
    if (progress->drawn)
        fprintf(stderr, "\r%*s\r", (int)progress->drawn, "");
    progress->drawn = 0;
}
