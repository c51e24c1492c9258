/* errand.h - a thread that does one thing after the other for somebody who goes on meanwhile. */
#ifndef SALVOR_UPLOADER_ERRAND_H
#define SALVOR_UPLOADER_ERRAND_H
#include "base/status.h"

struct errand;
/* The thread itself is started by the first errand_run. */
enum status errand_create(struct errand **ret);
void errand_free(struct errand *errand); /* waits for what is under way; accepts NULL */

/* Waits for what is under way, then has run called with context. Where no thread can be had it is called here and now. */
void errand_run(struct errand *errand, void (*run)(void *context), void *context);
/* Until nothing is under way. */
void errand_wait(struct errand *errand);

#endif
