/* crasher.c - salvor-crash KIND [PIPE]: registers with the collector (at the pipe, else as any program finds it), prints one line that says
 * how that went, waits for a line on standard input, and dies. */
#include "deaths.h"
#include "salvor.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define READY_MS   15000
#define EXIT_ALIVE 9 /* it did not die */

static salvor_status install(const char *kind, const char *pipe)
{
    salvor_options options;
    salvor_status status;

    salvor_options_init(&options);
    options.version = SALVOR_VERSION_TEXT;
    options.pipe = pipe;
    status = salvor_install(&options);
    if (status == SALVOR_OK)
        status = salvor_wait_ready(READY_MS);
    salvor_install_crt_hooks_with((void *)_set_invalid_parameter_handler, (void *)_set_purecall_handler, (void *)signal);
    salvor_set_annotation("salvor.doctor", kind);
    return status;
}

int main(int argc, char **argv)
{
    salvor_status status;
    char line[16];

    if (argc < 2 || argc > 3 || !deaths_known(argv[1])) {
        fprintf(stderr, "usage: salvor-crash KIND [PIPE]: dies as asked; 'salvor-collector doctor --crash' starts it\n");
        return 2;
    }
    SetErrorMode(SEM_FAILCRITICALERRORS); /* whatever we inherited: Windows Error Reporting is to see us */
    status = install(argv[1], argc == 3 ? argv[2] : NULL);
    if (status == SALVOR_OK)
        printf("ready\n");
    else
        printf("%s\n", salvor_strstatus(status));
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin))
        return 1; /* whoever started us has gone */
    deaths_die(argv[1]);
    return EXIT_ALIVE;
}
