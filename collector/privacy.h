/* privacy.h - what must not leave the machine is taken out of a report before it may be sent. */
#ifndef SALVOR_COLLECTOR_PRIVACY_H
#define SALVOR_COLLECTOR_PRIVACY_H
#include "policy_options.h"

/* Rewrites the report `name` of new/ without what the options drop, and without the annotations user, email and comments unless the user
 * consented to sending; does nothing where there is nothing of the kind. What a
 * dump shows of the process's memory is another matter: see the option dump-kind. */
enum status privacy_apply(struct spool *spool, const char *name, const struct policy_options *options);

#endif
