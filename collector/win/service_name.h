/* service_name.h - which service is meant: tests and a second collector on one machine use names of their own. */
#ifndef SALVOR_COLLECTOR_WIN_SERVICE_NAME_H
#define SALVOR_COLLECTOR_WIN_SERVICE_NAME_H

#define SERVICE_NAME_DEFAULT "Salvor"

/* NULL, or why name cannot be a service's, as one sentence part. It also names a registry key and an account, so it is kept plain. */
const char *service_name_check(const char *name);

#endif
