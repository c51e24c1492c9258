/* child.h - a program that is its own monitor: `<program> --crash-monitor <pipe name> <client pid> <client start filetime> <ready event
 * handle value> <spool dir> <flags> [<url>]` with the server's key in the environment, and its dumper `<program> --crash-monitor dumper
 * <task handle value>`. */
#ifndef SALVOR_COLLECTOR_WIN_CHILD_H
#define SALVOR_COLLECTOR_WIN_CHILD_H

/* Runs either; the exit code is 0 when all went well. The arguments are read from the process's own command line, since argv may have lost
 * characters on its way through a code page. */
int monitor_child_main(int argc, char **argv);

#endif
