/* memory_facts.c - see memory_facts.h. */
#include "memory_facts.h"
/* needs windows.h; version 2 has its functions in kernel32 */
#define PSAPI_VERSION 2
#include <psapi.h>

struct memory_facts memory_facts_read(HANDLE process)
{
    PROCESS_MEMORY_COUNTERS_EX counters = {.cb = sizeof counters};
    MEMORYSTATUSEX machine = {.dwLength = sizeof machine};
    struct memory_facts facts = {0};

    /* One figure under two names: Windows 7 leaves the older at 0, Wine the younger. */
    if (K32GetProcessMemoryInfo(process, (PROCESS_MEMORY_COUNTERS *)&counters, sizeof counters))
        facts.private_bytes = counters.PrivateUsage ? counters.PrivateUsage : counters.PagefileUsage;
    if (GlobalMemoryStatusEx(&machine)) { /* "page file" there means commit */
        facts.commit_limit_bytes = machine.ullTotalPageFile;
        facts.commit_bytes = machine.ullTotalPageFile - machine.ullAvailPageFile;
    }
    return facts;
}

static void put_known(struct record_writer *writer, const char *key, uint64_t value)
{
    if (value)
        record_put_u64(writer, key, value);
}

void memory_facts_put(struct record_writer *writer, const struct memory_facts *facts)
{
    put_known(writer, RECORD_PRIVATE_BYTES, facts->private_bytes);
    put_known(writer, RECORD_COMMIT_BYTES, facts->commit_bytes);
    put_known(writer, RECORD_COMMIT_LIMIT, facts->commit_limit_bytes);
}
