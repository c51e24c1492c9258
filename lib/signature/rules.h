/* rules.h - which frames say nothing, which say too little, and below which the walk begins: regular expressions over normalised names.
 *
 * The defaults are in defaults.c. A file of overrides has one rule a line, later ones beside the earlier:
 *
 *   # a comment
 *   irrelevant REGEX          passed over
 *   prefix REGEX              kept, and the walk goes on to the caller
 *   sentinel REGEX            the walk begins below the deepest of these
 *   module NAME               a module of the system: without names its frames are passed over, with names they are prefixes
 *   own NAME                  no module of the system after all
 *   clear irrelevant|prefix|sentinel|module      forgets the defaults and what came before
 *
 * An expression (PCRE2, with match limits) must match from the start of "function" or of "module!function", lower-case module. */
#ifndef SALVOR_SIGNATURE_RULES_H
#define SALVOR_SIGNATURE_RULES_H
#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>

#define RULES_MAX_FILE_BYTES (1024u * 1024u)
#define RULES_MAX            4096u /* of each kind */
#define RULES_MESSAGE_BYTES  256u

enum rule_kind { RULE_IRRELEVANT, RULE_PREFIX, RULE_SENTINEL, RULE_KINDS };

struct signature_rules;

/* The defaults, and the overrides after them; text NULL: none. ST_FORMAT: a line cannot be understood; ret_message then says which and why,
 * one sentence part. Errors: ST_MEMORY, ST_TOO_LARGE. */
enum status signature_rules_create(struct signature_rules **ret, const char *text, size_t size, char ret_message[RULES_MESSAGE_BYTES]);
void signature_rules_free(struct signature_rules *rules); /* accepts NULL */

/* The rule that a name meets, as it was written; NULL when there is none. */
const char *rules_match(const struct signature_rules *rules, enum rule_kind kind, const char *module, const char *function);
bool rules_is_system(const struct signature_rules *rules, const char *module);

#endif
