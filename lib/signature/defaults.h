/* defaults.h - the rules that hold without a file, in the same text; not for other folders. */
#ifndef SALVOR_SIGNATURE_DEFAULTS_H
#define SALVOR_SIGNATURE_DEFAULTS_H

/* Pieces of one text, which ends with NULL. Part of SIGNATURE_VERSION. */
extern const char *const signature_defaults[];

#endif
