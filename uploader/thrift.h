/* thrift.h - whether a report is worth the battery and the paid-for network that it would take now. */
#ifndef SALVOR_UPLOADER_THRIFT_H
#define SALVOR_UPLOADER_THRIFT_H
#include <stdbool.h>
#include <stdint.h>

struct thrift_facts {
    bool is_on_battery, is_metered; /* false where nobody can tell */
};

/* NULL when a report of this size may go, else why it waits, as in "it waits: <reason>". */
const char *thrift_refusal(const struct thrift_facts *facts, uint64_t size_bytes, uint64_t limit_bytes);

#endif
