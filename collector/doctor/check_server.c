/* check_server.c - whether reports would be taken: salvor-upload asks the server, since the collector itself opens no connection. */
#include "base/process.h"
#include "base/text.h"
#include "check.h"
#include "proto/name.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_BYTES 4096
#define LIMIT_MS     60000
/* As uploader/exit_code.h has them. */
#define EXIT_ACCEPTED 0
#define EXIT_REFUSED  1
#define EXIT_WRONG    2
#define EXIT_UNKNOWN  4

/* The uploader's one line, and its exit code. The key goes by the environment, since anybody can read a command line. */
static enum status ask(const struct settings *settings, char *key_variable, char ret_answer[ANSWER_BYTES], uint32_t *ret_code)
{
    const char *const argv[] = {settings->upload_program, "--check", "--url", settings->url, "--connect-timeout", "15s", NULL};
    const char *const environment[] = {key_variable, NULL};
    struct process_options options = {.argv = argv, .environment = environment, .pipe_stdout = true, .quiet = true};
    struct process *uploader = NULL;
    size_t len = 0, got = 0;
    enum status st = process_start(&uploader, &options);

    if (st)
        return st;
    while (len + 1 < ANSWER_BYTES && file_read(process_stdout(uploader), ret_answer + len, ANSWER_BYTES - 1 - len, &got) == ST_OK && got)
        len += got;
    ret_answer[len] = '\0';
    ret_answer[strcspn(ret_answer, "\r\n")] = '\0';
    st = process_wait(uploader, LIMIT_MS, ret_code);
    if (st)
        process_kill(uploader);
    process_free(uploader);
    return st;
}

static void judge(struct doctor *doctor, const char *answer, uint32_t code)
{
    if (code == EXIT_ACCEPTED) {
        findings_add(&doctor->findings, FINDING_OK, "server", NULL, "the server takes reports with this key: %s", answer);
    } else if (code == EXIT_REFUSED) {
        findings_add(&doctor->findings, FINDING_ERROR, "server", "reports will wait on this machine",
                     "the server does not take reports: %s", answer);
        findings_remedy(&doctor->findings,
                        "compare url and key with what the server's page shows for the project ('salvor-server project key')");
    } else if (code == EXIT_UNKNOWN) {
        findings_add(&doctor->findings, FINDING_NOTE, "server", NULL, "whether the server takes reports is not known: %s", answer);
    } else if (code == EXIT_WRONG) {
        findings_add(&doctor->findings, FINDING_ERROR, "server", "reports will wait on this machine", "the settings cannot be used: %s",
                     answer[0] ? answer : "see what 'salvor-upload --check' says");
        findings_remedy(&doctor->findings, "put the address right: 'salvor-collector reg --url URL --key K ...' makes the file");
    } else {
        findings_add(&doctor->findings, FINDING_ERROR, "server", "reports wait on this machine until it can be reached",
                     "the server was not reached: %s", answer[0] ? answer : "the uploader said nothing");
        findings_remedy(&doctor->findings, "check the address, the proxy and the firewall: salvor-upload must be let out to it");
    }
}

void check_server(struct doctor *doctor)
{
    const struct settings *settings = doctor->settings;
    char answer[ANSWER_BYTES] = "", *key_variable = NULL;
    struct buffer variable;
    uint32_t code = 0;
    enum status st;

    if (!settings->url) {
        findings_add(&doctor->findings, FINDING_WARNING, "server", "reports stay on this machine", "no server is set");
        findings_remedy(&doctor->findings, "set url and key: 'salvor-collector reg --url URL --key K ...' makes the file");
        return;
    }
    if (strcmp(settings->policy.consent, "never") == 0)
        findings_add(&doctor->findings, FINDING_NOTE, "server", NULL, "no report is sent, since the setting consent is 'never'");
    buffer_init(&variable, ANSWER_BYTES);
    st = buffer_printf(&variable, NAME_ENV_KEY "=%s", settings->key ? settings->key : "");
    if (!st) {
        key_variable = buffer_take(&variable);
        st = ask(settings, key_variable, answer, &code);
    }
    free(key_variable);
    buffer_done(&variable);
    if (!st) {
        judge(doctor, answer, code);
        return;
    }
    findings_add(&doctor->findings, FINDING_ERROR, "server", "reports are sent by this program", "%s could not ask the server: %s",
                 settings->upload_program, status_text(st));
    findings_remedy(&doctor->findings, "run '%s --check' by hand, with --url and --key", settings->upload_program);
}
