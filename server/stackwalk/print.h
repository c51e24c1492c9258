/* print.h - an analysis as text that a developer likes to read. */
#ifndef SALVOR_SERVER_STACKWALK_PRINT_H
#define SALVOR_SERVER_STACKWALK_PRINT_H
#include "process/analysis.h"
#include <stdio.h>

/* The crash in words first, then the crashing thread, the other threads, the symbols that are missing, the modules, and what was wrong with
 * the dump. */
void print_analysis(FILE *out, const struct analysis *analysis, bool with_colours);

#endif
