/* child.h - this program once more, to be killed at a step. */
#ifndef SALVOR_TESTS_CHILD_H
#define SALVOR_TESTS_CHILD_H
#include <stdbool.h>
#include <stddef.h>

/* Starts this program as `--child SCENARIO DIR STEP KIND` and kills it when it says that it stopped in front of the step; name is the
 * step's. False when it said that it came to its end. */
bool child_kill_at(size_t scenario, const char *dir, unsigned at, const char *kind, char name[64]);

#endif
