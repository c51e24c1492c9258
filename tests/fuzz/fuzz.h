/* fuzz.h - the one function of a fuzz target. */
#ifndef SALVOR_TESTS_FUZZ_H
#define SALVOR_TESTS_FUZZ_H
#include <stddef.h>
#include <stdint.h>

/* Feeds the parser; called by libFuzzer, or by replay.c for each file of the corpus. Always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
