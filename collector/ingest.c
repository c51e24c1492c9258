/* ingest.c - `ingest`: puts dump files into the queue by hand. A running collector sends them at once. */
#include "base/log.h"
#include "base/machine.h"
#include "command.h"
#include "intake.h"
#include <stdio.h>
#include <string.h>

#define LINE_BYTES 65536

static const char usage[] = "usage: salvor-collector ingest [--data DIR] FILE...\n"
                            "\n"
                            "Copies dump files into the queue and prints each one's report id. The files stay where they are.\n"
                            "\n";

static bool take(const struct intake *intake, const char *path)
{
    char id[UUID_TEXT_BYTES];
    const char *why = "";
    struct buffer line;
    enum status st = intake_take(intake, path, LAYER_INGEST, id, &why);

    if (st) {
        fprintf(stderr, "salvor-collector ingest: %s: %s (%s)%s\n", path, why, status_text(st),
                st == ST_FULL || st == ST_READ_ONLY ? ". It stays where it is: repeat this when the data folder's disk can be written"
                                                    : "");
        return false;
    }
    buffer_init(&line, LINE_BYTES);
    if (buffer_printf(&line, "%s %s\n", id, path) == ST_OK)
        command_print(&line);
    buffer_done(&line);
    return true;
}

static int take_all(const char *queue, const struct option_list *files)
{
    struct intake intake = {.queue_state = SPOOL_NEW, .max_dump_bytes = INTAKE_MAX_DUMP_BYTES};
    enum status st = spool_open(&intake.spool, queue);
    size_t taken = 0;

    if (st) {
        fprintf(stderr, "salvor-collector ingest: the queue %s cannot be used: %s\n", queue, status_text(st));
        return 1;
    }
    if (machine_id(intake.machine_id))
        memset(intake.machine_id, 0, sizeof intake.machine_id);
    log_set_level(LOG_LEVEL_WARN);
    for (size_t i = 0; i < files->count; i++)
        taken += take(&intake, files->items[i]);
    spool_close(intake.spool);
    return taken == files->count ? 0 : 1;
}

int ingest_command(int argc, char **argv)
{
    struct configuration *configuration = NULL;
    const char *message = "out of memory";
    int code;

    if (command_wants_help(argc, argv))
        return command_help(usage, configuration_help);
    if (configuration_load(&configuration, argc, argv, &message))
        code = command_usage("ingest", message);
    else if (configuration_words(configuration)->count == 0)
        code = command_usage("ingest", "name the dump files to take");
    else
        code = take_all(configuration_queue(configuration), configuration_words(configuration));
    configuration_free(configuration);
    return code;
}
