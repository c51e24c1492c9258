/* sandbox.h - what a process that reads hostile dumps gives up before it reads one. */
#ifndef SALVOR_SERVER_PROCESS_SANDBOX_H
#define SALVOR_SERVER_PROCESS_SANDBOX_H
#include "base/status.h"
#include <stdint.h>

/* Gives up for good: core files, writing to files, more than a few open ones, memory beyond a ceiling, new processes, the
 * network, and every system call that reading and mapping files does not need. *ret_what (static) names the step that failed. */
enum status sandbox_enter(uint64_t max_heap_bytes, const char **ret_what);
/* For a program that is about to be started in this process: gives up for good the network, changing files, signals to others, looking into
 * other processes, core files, and memory beyond a ceiling. Reading files and starting programs stay. */
enum status sandbox_isolate(uint64_t max_heap_bytes, const char **ret_what);
/* Grants this much CPU time from now on; past it the system ends the process. */
enum status sandbox_grant_cpu(uint32_t seconds);

#endif
