/* password.c - see password.h. */
#include "account/password.h"
#include "base/thread.h"
#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert(PASSWORD_HASH_BYTES >= crypto_pwhash_STRBYTES, "a hash fits");

static struct mutex *one_at_a_time;
static char nobodys_hash[PASSWORD_HASH_BYTES];

enum status password_init(void)
{
    if (sodium_init() < 0)
        return ST_SYSTEM;
    return mutex_create(&one_at_a_time);
}

enum status password_hash(const char *password, char ret[PASSWORD_HASH_BYTES])
{
    mutex_lock(one_at_a_time);
    int failed = crypto_pwhash_str_alg(ret, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                       crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13);
    mutex_unlock(one_at_a_time);
    return failed ? ST_MEMORY : ST_OK;
}

/* The hash of a password that nobody has. */
static enum status make_nobodys_hash(void)
{
    char password[32];
    randombytes_buf(password, sizeof password);
    password[sizeof password - 1] = 0;
    return nobodys_hash[0] ? ST_OK : password_hash(password, nobodys_hash);
}

enum status password_check(const char *hash, const char *password)
{
    enum status status = hash[0] ? ST_OK : make_nobodys_hash();
    if (status)
        return status;
    mutex_lock(one_at_a_time);
    int wrong = crypto_pwhash_str_verify(hash[0] ? hash : nobodys_hash, password, strlen(password));
    mutex_unlock(one_at_a_time);
    return wrong || !hash[0] ? ST_ACCESS : ST_OK;
}
