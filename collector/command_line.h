/* command_line.h - the program's arguments as UTF-8, whatever the C run-time made of them. */
#ifndef SALVOR_COLLECTOR_COMMAND_LINE_H
#define SALVOR_COLLECTOR_COMMAND_LINE_H
#include "base/status.h"

struct arguments {
    int count;
    char **items; /* NULL-terminated */
};

/* Splits a Windows command line as CommandLineToArgvW documents it (which lives in shell32, and that drags user32 in). */
enum status command_line_split(const char *line, struct arguments *ret);
/* This process's arguments: on Windows from its command line, elsewhere argv. */
enum status arguments_get(int argc, char **argv, struct arguments *ret);
void arguments_done(struct arguments *arguments);

#endif
