/* report_search.h - finds the report of one death in a queue that others work on. */
#ifndef SALVOR_COLLECTOR_DOCTOR_REPORT_SEARCH_H
#define SALVOR_COLLECTOR_DOCTOR_REPORT_SEARCH_H
#include "crash.h"

/* Whether the queue is there and can be read. */
enum status report_search_check(const char *queue);
/* Looks for the report with result's id in every state; fills in layers and has_dump. */
bool report_search(const char *queue, struct crash_result *result);

#endif
