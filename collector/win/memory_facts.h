/* memory_facts.h - how much memory a process and the machine had: running out shows as access violations, bad_alloc or a silent end. */
#ifndef SALVOR_COLLECTOR_WIN_MEMORY_FACTS_H
#define SALVOR_COLLECTOR_WIN_MEMORY_FACTS_H
#include "proto/record.h"
#include <windows.h>

struct memory_facts {
    uint64_t private_bytes;                    /* of the process; 0 = not known */
    uint64_t commit_bytes, commit_limit_bytes; /* of the machine; 0 = not known */
};

/* process needs QUERY_INFORMATION | VM_READ. */
struct memory_facts memory_facts_read(HANDLE process);
void memory_facts_put(struct record_writer *writer, const struct memory_facts *facts); /* what is known */

#endif
