/* broker.h - the part of the collector that serves crash clients: Windows only; elsewhere starting it does nothing. */
#ifndef SALVOR_COLLECTOR_BROKER_H
#define SALVOR_COLLECTOR_BROKER_H
#include "death_rules.h"
#include "dump_limits.h"
#include "lifetime.h"
#include "spool/spool.h"

struct broker_options {
    const char *pipe_name; /* NULL: the machine-wide one */
    const char *inbox;     /* folder where other layers of our clients leave reports */
    struct death_rules death_rules;
    death_rules_of *app_rules;   /* NULL: the same for all programs */
    dump_limits_of *dump_limits; /* NULL: none */
    void *dump_limits_context;
    struct spool *spool;
    struct lifetimes *lifetimes;
    void (*on_report)(void *context);
    void *context;
};

struct broker;
/* Clients can connect when it returns. *ret is NULL where there are no crash clients. */
enum status broker_start(struct broker **ret, const struct broker_options *options);
const char *broker_address(const struct broker *broker); /* the pipe's name; "none" for NULL */
void broker_stop(struct broker *broker);                 /* waits and frees; accepts NULL */

/* What a program that has no monitor of its own starts from beside it: a monitor for that program alone (win/child.h). */
int broker_child_command(int argc, char **argv);
/* The hidden sub-command that writes one dump. */
int broker_dumper_command(int argc, char **argv);

#endif
