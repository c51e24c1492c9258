/* plain.c - the least that a C program needs: install, and crash. Reports go to the machine's collector where there is one; else
 * salvor-collector.exe beside this program collects them in %LOCALAPPDATA%\Salvor\<this program>.
 *
 *     x86_64-w64-mingw32-gcc plain.c -I<salvor>/include -L<salvor>/lib -lsalvor */
#include "salvor.h"
#include <stdio.h>

static int *volatile nowhere;

int main(void)
{
    salvor_options options;

    salvor_options_init(&options);
    options.version = "1.0.0";
    if (salvor_install(&options) != SALVOR_OK)
        fprintf(stderr, "crash reports are off\n");

    salvor_set_annotation("document", "untitled");
    salvor_log("about to write");
    *nowhere = 1;
    return 0;
}
