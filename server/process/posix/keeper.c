/* keeper.c - see keeper.h. Each question is followed by a word that nobody can guess, which the tool repeats: so its answer has an end,
 * whatever names the file holds. */
#include "process/keeper.h"
#include "base/clock.h"
#include "base/process.h"
#include "base/random.h"
#include "base/text.h"
#include "process/dwarf.h"
#include "process/pipe_wait.h"
#include "process/sandbox.h"
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_NOT_ISOLATED 3
#define TOOL_ARGUMENT     "--tool"
#define NONCE_BYTES       16u
#define READ_BYTES        65536u

struct keeper {
    const char *tool;
    struct process *child;
    unsigned deaths;
    char marker[2 * NONCE_BYTES + 16];
};

/* An empty folder that is gone already: nothing can be made in it. Our standard error is the server's log, which the tool does not get. */
static bool hide_away(void)
{
    char folder[] = "/tmp/salvor-symbolizer-XXXXXX";
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    bool is_done = nowhere >= 0 && mkdtemp(folder) && chdir(folder) == 0 && rmdir(folder) == 0 && dup2(nowhere, STDERR_FILENO) >= 0;

    if (nowhere >= 0)
        close(nowhere);
    return is_done && clearenv() == 0;
}

static void child_end(struct keeper *keeper)
{
    uint32_t code;

    if (!keeper->child)
        return;
    process_kill(keeper->child);
    process_wait(keeper->child, KEEPER_TIMEOUT_MS, &code);
    process_free(keeper->child);
    keeper->child = NULL;
    keeper->deaths++;
}

static bool child_start(struct keeper *keeper)
{
    const char *const argv[] = {"/proc/self/exe", DWARF_KEEPER_COMMAND, TOOL_ARGUMENT, keeper->tool, NULL};
    const struct process_options options = {.argv = argv, .pipe_stdin = true, .pipe_stdout = true};

    if (keeper->child)
        return true;
    return keeper->deaths < KEEPER_MAX_DEATHS && process_start(&keeper->child, &options) == ST_OK;
}

/* Reads up to the marker; false when the tool dies, says too much, or takes too long. */
static bool answer_read(const struct keeper *keeper, struct buffer *answer)
{
    struct file *out = process_stdout(keeper->child);
    uint64_t deadline_ms = clock_steady_ms() + KEEPER_TIMEOUT_MS;
    char *end = NULL;

    while (!end) {
        uint64_t now = clock_steady_ms();
        size_t got = 0;

        if (now >= deadline_ms || pipe_wait_readable(out, deadline_ms - now) != ST_OK || buffer_reserve(answer, READ_BYTES) != ST_OK ||
            file_read(out, answer->data + answer->len, READ_BYTES, &got) != ST_OK || !got)
            return false;
        answer->len += got;
        answer->data[answer->len] = 0;
        end = strstr((char *)answer->data, keeper->marker);
        if (!end && strlen((char *)answer->data) != answer->len)
            return false; /* a NUL would hide the end */
    }
    answer->len = (size_t)(end - (char *)answer->data);
    return true;
}

static bool ask(struct keeper *keeper, uint32_t rva, const char *path, struct buffer *answer)
{
    char line[KEEPER_MAX_LINE_BYTES + 128];
    int size = snprintf(line, sizeof(line), "\"%s\" 0x%" PRIx32 "\n%s", path, rva, keeper->marker);

    if (size < 0 || (size_t)size >= sizeof(line) || strpbrk(path, "\"\r\n") || !child_start(keeper))
        return false;
    if (file_write(process_stdin(keeper->child), line, (size_t)size) == ST_OK && answer_read(keeper, answer))
        return true;
    child_end(keeper);
    return false;
}

static bool serve(struct keeper *keeper, char *line)
{
    struct buffer answer;
    char *path = strchr(line, ' '), *end = NULL;
    unsigned long rva = strtoul(line, &end, 16);
    bool is_answered;

    line[strcspn(line, "\n")] = 0;
    buffer_init(&answer, KEEPER_MAX_ANSWER_BYTES + READ_BYTES);
    if (!path || end != path || rva > UINT32_MAX || !ask(keeper, (uint32_t)rva, path + 1, &answer) || answer.len > KEEPER_MAX_ANSWER_BYTES)
        answer.len = 0;
    is_answered = printf("%zu\n", answer.len) > 0 && fwrite(answer.data, 1, answer.len, stdout) == answer.len && fflush(stdout) == 0;
    buffer_done(&answer);
    return is_answered;
}

/* Becomes the tool, without the rights to harm anybody. */
static int tool_main(const char *tool)
{
    static char options[][24] = {"--relative-address", "--verbose", "--inlines", "--demangle"};
    char *const argv[] = {(char *)(uintptr_t)tool, options[0], options[1], options[2], options[3], NULL};
    const char *what;

    if (sandbox_isolate(KEEPER_MAX_HEAP_BYTES, &what) == ST_OK)
        execv(tool, argv);
    return EXIT_NOT_ISOLATED;
}

int process_keeper_main(int argc, char **argv)
{
    static char line[KEEPER_MAX_LINE_BYTES];
    struct keeper keeper = {.tool = argc > 1 ? argv[1] : ""};
    uint8_t nonce[NONCE_BYTES];
    char hex[2 * NONCE_BYTES + 1];

    if (argc > 2 && strcmp(argv[1], TOOL_ARGUMENT) == 0)
        return tool_main(argv[2]);
    signal(SIGPIPE, SIG_IGN);
    if (random_bytes(nonce, sizeof(nonce)) != ST_OK || !hide_away())
        return EXIT_NOT_ISOLATED;
    text_hex(hex, nonce, sizeof(nonce));
    snprintf(keeper.marker, sizeof(keeper.marker), "end-%s\n", hex);
    while (fgets(line, sizeof(line), stdin) && strchr(line, '\n') && serve(&keeper, line))
        ;
    child_end(&keeper);
    return 0;
}
