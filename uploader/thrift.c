/* thrift.c - small reports always go: they cost less than the wake-up that would send them later. */
#include "uploader/thrift.h"
#include <stddef.h>

const char *thrift_refusal(const struct thrift_facts *facts, uint64_t size_bytes, uint64_t limit_bytes)
{
    if (size_bytes <= limit_bytes)
        return NULL;
    if (facts->is_metered)
        return "the network is metered and the report is larger than --thrift-limit";
    if (facts->is_on_battery)
        return "the machine runs on battery and the report is larger than --thrift-limit";
    return NULL;
}
