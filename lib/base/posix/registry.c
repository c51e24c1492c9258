/* registry.c - POSIX has no registry: no value is ever found. */
#include "base/registry.h"

enum status registry_read_text(const char *key, const char *value, struct buffer *out)
{
    (void)key;
    (void)value;
    (void)out;
    return ST_NOT_FOUND;
}

enum status registry_read_u32(const char *key, const char *value, uint32_t *ret)
{
    (void)key;
    (void)value;
    (void)ret;
    return ST_NOT_FOUND;
}
