/* random.h - bytes from the system's cryptographic generator. */
#ifndef SALVOR_BASE_RANDOM_H
#define SALVOR_BASE_RANDOM_H
#include "base/status.h"
#include <stddef.h>

enum status random_bytes(void *ret, size_t size);

#endif
