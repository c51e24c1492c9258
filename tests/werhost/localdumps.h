/* localdumps.h - writes a dump as WER's LocalDumps would: by the registry values that an administrator imported. */
#ifndef SALVOR_TESTS_LOCALDUMPS_H
#define SALVOR_TESTS_LOCALDUMPS_H
#include <stdbool.h>
#include <windows.h>

/* A process that stands at its second-chance exception. */
struct fault {
    HANDLE process, thread;
    DWORD pid, thread_id;
    EXCEPTION_RECORD record;
};

/* Writes <DumpFolder>\<exe>.<pid>.dmp when LocalDumps is set up for the program; says what it did on stdout. */
bool localdumps_write(const struct fault *fault);

#endif
