/* progress.c - draws over one terminal line. */
#include "uploader/progress.h"
#include "base/clock.h"
#include <stdio.h>

#define INTERVAL_MS 100
#define BAR_CELLS   30

void progress_show(void *context, uint64_t sent, uint64_t total)
{
    struct progress *progress = context;
    uint64_t now = clock_steady_ms();
    char bar[BAR_CELLS + 1];

    if (!total || sent > total || (progress->drawn_ms && now - progress->drawn_ms < INTERVAL_MS))
        return;
    for (unsigned i = 0; i < BAR_CELLS; i++)
        bar[i] = i * total < sent * BAR_CELLS ? '#' : '.';
    bar[BAR_CELLS] = 0;
    fprintf(stderr, "\r%.40s [%s] %3u %% of %.1f MB\033[K", progress->label, bar, (unsigned)(sent * 100 / total), (double)total / 1e6);
    fflush(stderr);
    progress->drawn_ms = now ? now : 1;
}

void progress_clear(struct progress *progress)
{
    if (progress->drawn_ms)
        fputs("\r\033[K", stderr);
    progress->drawn_ms = 0;
}
