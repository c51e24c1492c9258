/* matrix.c - see matrix.h: the programs that die. */
#include "matrix.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define SAMPLED                                                     true
#define WHOLE                                                       false
#define ROW(name, arguments, code, bare_exit, reason, sampled, ...) {#name, arguments, code, bare_exit, reason, sampled, {__VA_ARGS__}},
const struct matrix_row matrix_rows[] = {MATRIX_ROWS(ROW)};
const size_t matrix_row_count = sizeof matrix_rows / sizeof *matrix_rows;

struct words {
    char text[512];
    const char *items[HARNESS_MAX_ARGS];
    size_t count, used;
};

/* Adds the words of text, with blanks between them. */
static void add_words(struct words *words, const char *text)
{
    char *at = words->text + words->used;

    assert_true(words->used + strlen(text) < sizeof words->text);
    memcpy(at, text, strlen(text) + 1);
    words->used += strlen(text) + 1;
    for (char *word = strtok(at, " "); word; word = strtok(NULL, " ")) {
        assert_true(words->count + 1 < HARNESS_MAX_ARGS);
        words->items[words->count++] = word;
    }
}

static bool is_fast_fail(const struct matrix_row *row)
{
    return row->code == 0xc0000409;
}

static void start(const struct matrix_run *run, struct matrix_death *death)
{
    const char *sample =
        strncmp(death->row->name, "throw_", 6) == 0 && !strstr(death->row->name, "msvc") ? "salvor-sample-cpp.exe" : "salvor-sample.exe";
    struct words words = {.count = 0};

    death->below_werhost = run->wer && is_fast_fail(death->row);
    if (death->below_werhost) {
        add_words(&words, "run");
        add_words(&words, sample);
    }
    add_words(&words, death->row->arguments);
    add_words(&words, run->more);
    add_words(&words, "--pipe");
    add_words(&words, run->pipe);
    add_words(&words, "--spool");
    add_words(&words, run->spool_dir);
    death->process = harness_start_words(death->below_werhost ? "werhost.exe" : sample, words.items);
}

static void take_line(struct matrix_death *death, const char *line)
{
    const char *pid = strstr(line, " pid=");
    unsigned long long begin, end;
    unsigned long thread, code;

    if (strncmp(line, "crashing ", 9) == 0 && pid) {
        death->pid = (uint32_t)strtoul(pid + 5, NULL, 10);
        death->held = OpenProcess(SYNCHRONIZE, FALSE, death->pid);
    } else if (sscanf(line, "site begin=0x%llx end=0x%llx thread=%lu", &begin, &end, &thread) == 3 && death->site_count < 2) {
        death->sites[death->site_count++] = (struct matrix_site){begin, end, thread};
    } else if (sscanf(line, "werhost: exit 0x%lx", &code) == 1) {
        death->exit_code = code;
    }
}

static void finish(struct matrix_death *death)
{
    char line[512];
    uint32_t code;

    while (harness_read_line(death->process, "", line, sizeof line)) {
        take_line(death, line);
        if (death->row->code == 0 && death->pid) {
            process_kill(death->process); /* this row dies from outside */
            break;
        }
    }
    code = harness_finish(death->process, 120000);
    death->process = NULL;
    if (!death->below_werhost)
        death->exit_code = code;
}

void matrix_let_die(const struct matrix_run *run, struct matrix_death *deaths, size_t count)
{
    size_t started = 0;

    for (size_t i = 0; i < count; i++) {
        while (started < count && started < i + run->at_once)
            start(run, &deaths[started++]);
        finish(&deaths[i]);
    }
}

void matrix_let_go(struct matrix_death *deaths, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (deaths[i].held)
            CloseHandle(deaths[i].held);
}
