/* programs.h - which programs this deployment is meant to collect from. */
#ifndef SALVOR_COLLECTOR_DOCTOR_WIN_PROGRAMS_H
#define SALVOR_COLLECTOR_DOCTOR_WIN_PROGRAMS_H
#include "../check.h"
#include "view.h"

/* Those that the user named, those with a key of their own below our settings or policy, and those whose LocalDumps go into a folder that
 * the collector watches. The caller frees them with names_done. */
enum status programs_find(const struct doctor *doctor, struct names *ret);
/* Whether the collector watches the folder; %variables% are put in. */
bool programs_folder_is_watched(const struct doctor *doctor, const char *folder);

#endif
