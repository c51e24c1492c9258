/* clash.c - salvor-clash: a program whose own variables are named like every private function and variable of the library that it links.
 *
 *   salvor-clash PIPE SPOOL
 *
 * Uses the library all the way to a crash; exit code 3 when one of its variables is not as it was. */
#include "salvor.h"
#include <stdio.h>
#include <windows.h>

#define MINE 42

/* X(name) for each, made from the library's objects before their names were made private. */
#define X(name) int name = MINE;
#include "private_names.h"
#undef X

static int count_changed(void)
{
    int changed = 0;

#define X(name) changed += name != MINE;
#include "private_names.h"
#undef X
    return changed;
}

int main(int argc, char **argv)
{
    static int *volatile nowhere;
    salvor_options options;
    salvor_health health;
    char id[37];

    if (argc != 3)
        return 2;
    salvor_options_init(&options);
    salvor_health_init(&health);
    options.pipe = argv[1];
    options.spool_dir = argv[2];
    salvor_set_annotation("scene", "harbour at dusk");
    if (salvor_install(&options) != SALVOR_OK)
        return 1;
    salvor_wait_ready(10000);
    salvor_log("among namesakes");
    if (salvor_verify(&health) != SALVOR_OK || !health.filter_ours)
        return 1;
    if (salvor_crashed_last_run(id) != SALVOR_E_STATE || count_changed())
        return 3;
    *nowhere = 1;
    return 9;
}
