/* doctor.c - `doctor`: looks at the deployment as it is, says what is amiss and what to do; with --crash, tries it out. */
#include "../command.h"
#include "crash.h"
#include "report_search.h"
#include <stdio.h>
#include <stdlib.h>

#define OUTPUT_BYTES (1024u * 1024)

static const char usage[] =
    "usage: salvor-collector doctor [--app app.exe]... [--crash] [--json] [OPTION]...\n"
    "\n"
    "Looks at the deployment as it is: registry, programs, folders, services, queue and server. Each finding says how\n"
    "bad it is, why, and what to do. Nothing is changed. Exit codes: 0 all well, 1 something to do, 2 wrong usage.\n"
    "\n";

struct doctor_options {
    struct option_list apps;
    bool as_json, crash;
};

#define DOCTOR_OPTION_COUNT 3

static void fill_table(struct option *options, struct doctor_options *settings)
{
    const struct option table[DOCTOR_OPTION_COUNT] = {
        {"app", OPTION_LIST, &settings->apps, 0, 0, "NAME", "program that should be collected from, such as app.exe; may be given again"},
        {"crash", OPTION_FLAG, &settings->crash, 0, 0, NULL, "let a helper program die in every way, and say who caught it"},
        {"json", OPTION_FLAG, &settings->as_json, 0, 0, NULL, "write JSON, for scripts"},
    };

    for (size_t i = 0; i < DOCTOR_OPTION_COUNT; i++)
        options[i] = table[i];
}

static enum status help_options(struct buffer *out)
{
    struct option options[DOCTOR_OPTION_COUNT];
    struct doctor_options settings = {0};
    enum status st;

    fill_table(options, &settings);
    st = option_help(out, options, DOCTOR_OPTION_COUNT);
    return st ? st : configuration_help(out);
}

static void examine(struct doctor *doctor)
{
    static doctor_check *const common[] = {check_programs, check_folders, check_queue, check_server};

    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        common[i](doctor);
    for (size_t i = 0; system_checks[i]; i++)
        system_checks[i](doctor);
}

static int print(const struct doctor *doctor, const struct crash_results *crashes, bool as_json)
{
    struct buffer out;
    struct json json;
    enum status st;
    int code = 1;

    buffer_init(&out, OUTPUT_BYTES);
    if (as_json) {
        json_init(&json, &out);
        json_object_begin(&json);
        findings_write_json(&doctor->findings, &json);
        crash_write_json(crashes, &json);
        json_object_end(&json);
        st = json_done(&json);
        if (!st)
            st = buffer_append_byte(&out, '\n');
    } else {
        st = findings_print(&doctor->findings, &out);
        if (!st)
            st = crash_print(crashes, &out);
    }
    if (!st && !doctor->findings.status)
        code = command_print(&out);
    else
        fprintf(stderr, "salvor-collector doctor: the findings cannot be written: %s\n", status_text(st ? st : doctor->findings.status));
    buffer_done(&out);
    return code ? 1 : findings_are_bad(&doctor->findings) || crash_is_bad(crashes);
}

static void try_deaths(struct doctor *doctor, struct crash_results *ret)
{
    enum status st = report_search_check(doctor->queue);

    if (st) {
        findings_add(&doctor->findings, FINDING_ERROR, "crash", "the reports of the deaths are looked for there",
                     "no death was tried, since the queue %s cannot be read: %s", doctor->queue, status_text(st));
        findings_remedy(&doctor->findings, "name the collector's data folder with --data, and run doctor as an administrator");
        return;
    }
    fputs("salvor-collector doctor: letting a helper program die in every way; this takes a minute or two\n", stderr);
    st = crash_run(doctor, ret);
    if (st)
        findings_add(&doctor->findings, FINDING_ERROR, "crash", NULL, "the deaths could not be tried: %s", status_text(st));
}

static int run(struct doctor *doctor, const struct doctor_options *options)
{
    struct crash_results crashes = {0};
    int code;

    examine(doctor);
    if (options->crash)
        try_deaths(doctor, &crashes);
    code = print(doctor, &crashes, options->as_json);
    findings_done(&doctor->findings);
    return code;
}

/* A wrong value in the registry is a finding like any other; wrong words on the command line are wrong usage. */
static int refuse(enum status st, const char *message, bool as_json)
{
    struct doctor doctor = {0};
    const struct crash_results none = {0};
    int code;

    if (st == ST_MEMORY || !configuration_is_registry_message(message))
        return command_usage("doctor", message);
    findings_add(&doctor.findings, FINDING_ERROR, "settings", "the collector does not start with it", "%s", message);
    findings_remedy(&doctor.findings, "put it right or delete it, in the registry or in the policy that writes it");
    code = print(&doctor, &none, as_json);
    findings_done(&doctor.findings);
    return code;
}

static int examine_as(int argc, char **argv)
{
    struct option table[DOCTOR_OPTION_COUNT];
    struct doctor_options options = {0};
    struct configuration *configuration = NULL;
    const char *message = "out of memory", *unavailable = crash_unavailable();
    enum status st;
    int code;

    fill_table(table, &options);
    st = configuration_load_with(&configuration, argc, argv, table, DOCTOR_OPTION_COUNT, &message);
    if (st) {
        code = refuse(st, message, options.as_json);
    } else if (configuration_words(configuration)->count) {
        code = command_usage("doctor", "takes options only; 'salvor-collector doctor --help' lists them");
    } else if (options.crash && unavailable) {
        code = command_usage("doctor", unavailable);
    } else {
        struct doctor doctor = {.settings = configuration_settings(configuration),
                                .queue = configuration_queue(configuration),
                                .inbox = configuration_inbox(configuration),
                                .apps = options.apps};
        code = run(&doctor, &options);
    }
    configuration_free(configuration);
    return code;
}

/* With the options that the service has, so that its data folder and pipe are looked at; our own come behind them and win. */
int doctor_command(int argc, char **argv)
{
    char **words = NULL, **all;
    int count = 0, code;

    if (command_wants_help(argc, argv))
        return command_help(usage, help_options);
    system_service_words(&count, &words);
    all = calloc((size_t)argc + (size_t)count + 1, sizeof *all);
    if (!all) {
        system_words_free(count, words);
        return command_usage("doctor", "out of memory");
    }
    all[0] = argv[0];
    for (int i = 0; i < count; i++)
        all[1 + i] = words[i];
    for (int i = 1; i < argc; i++)
        all[count + i] = argv[i];
    code = examine_as(argc + count, all);
    free((void *)all);
    system_words_free(count, words);
    return code;
}
