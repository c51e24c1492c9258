/* first_run.c - see first_run.h. */
#include "command/first_run.h"
#include "account/account.h"
#include "base/clock.h"
#include "store/project.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "first-run.txt"
#define ADMIN     "admin"

struct credentials {
    char key[ID_SECRET_BYTES];
    char password[ACCOUNT_PASSWORD_BYTES];
};

static enum status write_file(const char *data_dir, const char *text)
{
    char *path = path_joined(data_dir, FILE_NAME);
    enum status status = path ? file_write_whole(path, text, strlen(text)) : ST_MEMORY;
    if (!status)
        printf("salvor-server first run: the key and the password are in %s\n", path);
    free(path);
    return status;
}

/* Before the commit: a password that nobody was told would lock everybody out. */
static enum status tell(const struct credentials *credentials, const char *data_dir, bool print)
{
    char text[256];
    enum status status = ST_OK;
    snprintf(text, sizeof text, "project " PROJECT_DEFAULT " key %s\nadministrator " ADMIN " password %s\n", credentials->key,
             credentials->password);
    if (print || isatty(STDOUT_FILENO))
        fputs(text, stdout);
    else
        status = write_file(data_dir, text);
    fflush(stdout);
    sodium_memzero(text, sizeof text);
    return status;
}

static enum status create(struct db_tx *tx, struct credentials *ret)
{
    int64_t now_ms = clock_unix_ms();
    account_random_password(ret->password);
    enum status status = project_add(tx, PROJECT_DEFAULT, now_ms, ret->key);
    return status ? status : account_add(tx, ADMIN, ACCOUNT_ROLE_ADMIN, ret->password, now_ms);
}

enum status first_run(struct store *store, const char *data_dir, bool print)
{
    struct credentials credentials;
    struct db_tx *tx = NULL;
    int64_t projects = 0;
    enum status status = db_begin(store->db, DB_WRITE, &tx);
    if (!status)
        status = project_count(tx, &projects);
    bool needed = !status && projects == 0;
    if (needed)
        status = create(tx, &credentials);
    if (needed && !status)
        status = tell(&credentials, data_dir, print);
    sodium_memzero(&credentials, sizeof credentials);
    if (!needed || status) {
        db_rollback(tx);
        return status;
    }
    return db_commit(tx);
}
