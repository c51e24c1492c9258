/* check.h - the checks that doctor makes. Each looks at one part of the deployment as it is and adds what it found; none changes anything.
 */
#ifndef SALVOR_COLLECTOR_DOCTOR_CHECK_H
#define SALVOR_COLLECTOR_DOCTOR_CHECK_H
#include "../configuration.h"
#include "finding.h"

struct doctor {
    const struct settings *settings;
    const char *queue, *inbox;
    struct option_list apps; /* programs that the user named; on Windows those that the registry names count as well */
    struct findings findings;
};

typedef void doctor_check(struct doctor *doctor);

/* Everywhere. */
doctor_check check_programs, check_folders, check_queue, check_server;
/* The system's own, in order, NULL-terminated. */
extern doctor_check *const system_checks[];

/* The options that the installed service is started with, without its name; none where there is no service. freed with system_words_free.
 */
void system_service_words(int *ret_count, char ***ret_words);
void system_words_free(int count, char **words);

#endif
