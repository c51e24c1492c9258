/* broker.c - there are no crash clients here: this system's collector watches folders and uploads. */
#include "../broker.h"
#include "base/log.h"

enum status broker_start(struct broker **ret, const struct broker_options *options)
{
    (void)options;
    *ret = NULL;
    return ST_OK;
}

const char *broker_address(const struct broker *broker)
{
    (void)broker;
    return "none";
}

void broker_stop(struct broker *broker)
{
    (void)broker;
}

int broker_dumper_command(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    log_error("dumper-unsupported", "reason=\"dumps of processes are written on Windows only\"");
    return 2;
}

int broker_child_command(int argc, char **argv)
{
    (void)argc, (void)argv;
    return 2;
}
