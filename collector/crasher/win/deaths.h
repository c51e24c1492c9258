/* deaths.h - the ways in which salvor-crash can die. */
#ifndef SALVOR_COLLECTOR_CRASHER_DEATHS_H
#define SALVOR_COLLECTOR_CRASHER_DEATHS_H

/* Dies as named and does not return; returns 0 for a name that it does not know. */
int deaths_die(const char *kind);
int deaths_known(const char *kind);

#endif
