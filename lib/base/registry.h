/* registry.h - values below HKEY_LOCAL_MACHINE, always the 64-bit view. On POSIX everything is ST_NOT_FOUND. */
#ifndef SALVOR_BASE_REGISTRY_H
#define SALVOR_BASE_REGISTRY_H
#include "base/buffer.h"

/* Appends a REG_SZ, or a REG_EXPAND_SZ with its %variables% put in. ST_FORMAT when the value is of another type. */
enum status registry_read_text(const char *key, const char *value, struct buffer *out);
/* Reads a REG_DWORD. ST_FORMAT when the value is of another type. */
enum status registry_read_u32(const char *key, const char *value, uint32_t *ret);

#endif
