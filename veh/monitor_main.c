/* monitor_main.c - turns a program into its own monitor; a member of libsalvor.a that is pulled in only when used. */
#include "proto/name.h"
#include "salvor.h"
#include <string.h>

/* The monitor of lib/../collector, linked into the same member. */
int monitor_child_main(int argc, char **argv);
/* launch.c's: from now on this executable may be started as a monitor. */
void salvor_private_allow_self(void);

int SALVOR_CALL salvor_monitor_main(int argc, char **argv)
{
    int i;
    for (i = 1; i < argc; i++)
        if (strcmp(argv[i], NAME_ARG_MONITOR) == 0)
            return monitor_child_main(argc, argv);
    salvor_private_allow_self();
    return -1;
}
