/* login.c - /session: signing in and out, and who is signed in. */
#include "account/session.h"
#include "api/api.h"
#include "base/clock.h"
#include "base/log.h"
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static enum status write_projects(struct api_call *call, struct db_tx *tx, const struct account *account)
{
    struct db_query *query = NULL;
    bool all = strcmp(account->role, ACCOUNT_ROLE_ADMIN) == 0;
    enum status status = db_select(tx, &query,
                                   "SELECT name FROM project WHERE ?1 = 1 OR id IN (SELECT project_id FROM member WHERE account_id = ?2)"
                                   " ORDER BY name",
                                   db_int(all), db_int(account->id));
    json_key(&call->json, "projects");
    json_array_begin(&call->json);
    while (!status && (status = db_next(query)) == ST_OK) {
        json_object_begin(&call->json);
        api_text_member(&call->json, "name", db_get_text(query, 0));
        json_object_end(&call->json);
    }
    json_array_end(&call->json);
    db_finish(query);
    return status == ST_END ? ST_OK : status;
}

static enum status write_session(struct api_call *call, struct db_tx *tx, const struct account *account)
{
    struct json *json = &call->json;
    json_object_begin(json);
    json_key(json, "user");
    json_object_begin(json);
    api_text_member(json, "name", account->name);
    api_text_member(json, "role", account->role);
    json_object_end(json);
    enum status status = write_projects(call, tx, account);
    json_object_end(json);
    return status;
}

void api_who_am_i(struct api_call *call)
{
    api_answer(call, write_session(call, call->tx, &call->account));
}

static void set_cookie(struct api_call *call, const char *token, int64_t life_s)
{
    char cookie[256];
    snprintf(cookie, sizeof cookie, SESSION_COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%lld%s", token, (long long)life_s,
             call->api->secure_cookie ? "; Secure" : "");
    http_response_header(call->response, "Set-Cookie", cookie);
}

void api_log_out(struct api_call *call)
{
    char token[SESSION_TOKEN_BYTES];
    enum status status = ST_OK;
    if (http_request_cookie(call->request, SESSION_COOKIE, token, sizeof token))
        status = session_end(call->tx, token);
    if (status) {
        api_failed(call, status);
        return;
    }
    call->response->status = 204;
    set_cookie(call, "", 0);
}

/* -- signing in -- */

/* One name from one address gets few tries. A name from anywhere, or an address with any name, gets more: whole offices come from one
 * address, and nobody shall lock an account by guessing badly on purpose. */
struct attempt {
    char keys[3][ACCOUNT_MAX_NAME + 80];
};
static const unsigned MAX_FAILURES[3] = {10, 100, 100};

static void name_attempt(struct api_call *call, const char *user, struct attempt *ret)
{
    snprintf(ret->keys[0], sizeof ret->keys[0], "both %s %s", user, call->request->client);
    snprintf(ret->keys[1], sizeof ret->keys[1], "name %s", user);
    snprintf(ret->keys[2], sizeof ret->keys[2], "address %s", call->request->client);
}

static bool may_try(struct api_call *call, const struct attempt *attempt)
{
    uint64_t wait_ms = 0, now_ms = clock_steady_ms();
    char seconds[24];
    bool may = true;
    for (int i = 0; i < 3 && may; i++)
        may = throttle_may_try(call->api->throttle, attempt->keys[i], MAX_FAILURES[i], now_ms, &wait_ms);
    if (may)
        return true;
    api_error(call, 429, "too_many_attempts", "There were too many failed attempts; wait a few minutes.");
    snprintf(seconds, sizeof seconds, "%" PRIu64, wait_ms / 1000 + 1);
    http_response_header(call->response, "Retry-After", seconds);
    return false;
}

static void note_attempt(struct api_call *call, const char *user, const struct attempt *attempt, bool passed)
{
    if (passed)
        throttle_passed(call->api->throttle, attempt->keys[0]);
    for (int i = 0; i < 3 && !passed; i++)
        throttle_failed(call->api->throttle, attempt->keys[i], clock_steady_ms());
    log_info("login", "user=\"%s\" client=%s passed=%s", user, call->request->client, passed ? "yes" : "no");
}

static enum status start_session(struct api_call *call, const struct account *account, char ret_token[SESSION_TOKEN_BYTES])
{
    struct db_tx *tx = NULL;
    int64_t now_ms = clock_unix_ms();
    enum status status = db_begin(call->api->store->db, DB_WRITE, &tx);
    if (status)
        return status;
    status = session_sweep(tx, now_ms);
    if (!status)
        status = session_create(tx, account, now_ms, ret_token);
    if (!status)
        status = write_session(call, tx, account);
    if (status) {
        db_rollback(tx);
        return status;
    }
    return db_commit(tx);
}

static void log_in(struct api_call *call, const char *user, const char *password)
{
    struct account account;
    struct attempt attempt;
    char token[SESSION_TOKEN_BYTES];
    name_attempt(call, user, &attempt);
    if (!may_try(call, &attempt))
        return;
    enum status status = account_log_in(call->api->store->db, user, password, &account);
    if (!status || status == ST_ACCESS)
        note_attempt(call, user, &attempt, !status);
    if (status == ST_ACCESS) {
        api_error(call, 401, "wrong_login", "The name or the password is wrong.");
        return;
    }
    if (!status)
        status = start_session(call, &account, token);
    api_answer(call, status);
    if (!status)
        set_cookie(call, token, SESSION_LIFE_MS / 1000);
}

void api_log_in(struct api_call *call)
{
    json_t *root = json_loadb(buffer_text(call->body), call->body->len, JSON_REJECT_DUPLICATES, NULL);
    const char *user = json_string_value(json_object_get(root, "user"));
    const char *password = json_string_value(json_object_get(root, "password"));
    if (user && password && strlen(user) <= ACCOUNT_MAX_NAME && strlen(password) <= ACCOUNT_MAX_PASSWORD)
        log_in(call, user, password);
    else
        api_error(call, 400, "bad_request", "The body must be {\"user\":...,\"password\":...}.");
    json_decref(root);
}
