/* own_monitor.c - a program that is its own crash monitor, as crash_monitor's users know it, in three calls: start a monitor from this same
 * binary, attach to it, keep a guard. With url and key it delivers by itself when salvor-upload.exe stands beside it.
 *
 *     own_monitor [URL KEY]
 *
 *     x86_64-w64-mingw32-gcc own_monitor.c -I<salvor>/include -L<salvor>/lib -lsalvor */
#include "salvor.h"
#include <stdio.h>

static int *volatile nowhere;

int main(int argc, char **argv)
{
    salvor_options options;
    int code = salvor_monitor_main(argc, argv); /* 1: the monitor is this program, started with --crash-monitor ... */

    if (code != -1)
        return code; /* ... and this is its whole life */

    salvor_options_init(&options);
    options.url = argc > 2 ? argv[1] : NULL;
    options.key = argc > 2 ? argv[2] : NULL;
    if (salvor_install(&options) != SALVOR_OK) /* 2: starts the monitor and attaches to it, in the background */
        return 2;

    *nowhere = 1;

    salvor_uninstall(); /* 3: lets go of the guard; a program that just ends need not */
    return 0;
}
