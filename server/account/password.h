/* password.h - Argon2id by libsodium, one computation at a time so that logins cannot use up the memory. */
#ifndef SALVOR_SERVER_ACCOUNT_PASSWORD_H
#define SALVOR_SERVER_ACCOUNT_PASSWORD_H
#include "base/status.h"

#define PASSWORD_HASH_BYTES 128

enum status password_init(void); /* once, before any other thread */
enum status password_hash(const char *password, char ret[PASSWORD_HASH_BYTES]);
/* ST_ACCESS when it does not match; an empty hash matches nothing and takes as long as any other. */
enum status password_check(const char *hash, const char *password);

#endif
