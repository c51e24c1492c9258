/* crash_address.h - where in which module a process faulted, for its record: "module+0xoffset". */
#ifndef SALVOR_COLLECTOR_WIN_CRASH_ADDRESS_H
#define SALVOR_COLLECTOR_WIN_CRASH_ADDRESS_H
#include "proto/record.h"
#include <windows.h>

/* Writes RECORD_ADDRESS, or nothing when the address lies in no module that is known. */
void crash_address_put(struct record_writer *writer, HANDLE process, uint64_t address);

#endif
