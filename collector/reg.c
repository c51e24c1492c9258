/* reg.c - `reg`: writes a .reg file that switches collection on for some programs, or takes that away again. */
#include "base/file.h"
#include "command.h"
#include "proto/name.h"
#include "regfile.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: salvor-collector reg --app app.exe [--app other.exe]... [OPTION]...\n"
    "\n"
    "Writes a registry file for regedit, Group Policy or Intune: LocalDumps for each program, WER's module, and the\n"
    "collector's settings. With --undo and otherwise the same options, a file that removes just that.\n"
    "\n";

/* Salvor's own programs, so that their crashes are seen too. */
static const char *const own_programs[] = {NAME_COLLECTOR, "salvor-upload.exe", NAME_CRASHER};
#define OWN_PROGRAMS (sizeof own_programs / sizeof own_programs[0])

struct reg_settings {
    struct regfile regfile;
    const char *output;
    bool own, no_modules;
};

#define REG_OPTION_COUNT 15
#define MAX_DUMP_COUNT   1000

static void fill_table(struct option *options, struct reg_settings *settings)
{
    struct regfile *regfile = &settings->regfile;
    const struct option table[] = {
        {"app", OPTION_LIST, &regfile->apps, 0, 0, "NAME", "program to collect from, such as app.exe; may be given again"},
        {"own-programs", OPTION_FLAG, &settings->own, 0, 0, NULL, "collect from Salvor's own programs as well"},
        {SETTING_URL, OPTION_TEXT, &regfile->url, 0, 0, "URL", "server that the collector sends reports to"},
        {SETTING_KEY, OPTION_TEXT, &regfile->key, 0, 0, "K", "the server's key for this project"},
        {"dump-folder", OPTION_TEXT, &regfile->dump_folder, 0, 0, "DIR", "where Windows writes the dumps (" NAME_DEFAULT_DUMPS ")"},
        {"dump-count", OPTION_NUMBER, &regfile->dump_count, 1, MAX_DUMP_COUNT, "N", "dumps of one program that Windows keeps there"},
        {"dump-type", OPTION_TEXT, &regfile->dump_type, 0, 0, "TYPE", "mini, full, or custom (mini)"},
        {"custom-dump-flags", OPTION_NUMBER, &regfile->custom_dump_flags, 0, UINT32_MAX, "N", "MINIDUMP_TYPE for --dump-type custom"},
        {"module", OPTION_LIST, &regfile->modules, 0, 0, "PATH",
         "full path of the " NAME_WER_MODULE " beside a 64-bit program; may be given again (" NAME_DEFAULT_MODULE ")"},
        {"module-x86", OPTION_LIST, &regfile->modules_x86, 0, 0, "PATH", "the same for a 32-bit program (" NAME_DEFAULT_MODULE_X86 ")"},
        {"no-modules", OPTION_FLAG, &settings->no_modules, 0, 0, NULL, "name no " NAME_WER_MODULE},
        {SETTING_REPORT_KILLED, OPTION_FLAG, &regfile->report_killed, 0, 0, NULL,
         "report these programs too when they were ended from outside"},
        {SETTING_NO_DUMP_GRACE, OPTION_TEXT, &regfile->no_dump_grace, 0, 0, "TIME", "how long a death of these programs waits for a dump"},
        {"undo", OPTION_FLAG, &regfile->undo, 0, 0, NULL, "write the file that takes it all away again"},
        {"output", OPTION_TEXT, &settings->output, 0, 0, "FILE", "write to a file instead of standard output"},
    };

    static_assert(sizeof table / sizeof table[0] == REG_OPTION_COUNT, "the table has room for every option");
    memcpy(options, table, sizeof table);
}

static enum status help_options(struct buffer *out)
{
    struct option options[REG_OPTION_COUNT];
    struct reg_settings settings = {0};

    regfile_init(&settings.regfile);
    fill_table(options, &settings);
    return option_help(out, options, REG_OPTION_COUNT);
}

static int write_file(const char *path, const struct buffer *bytes)
{
    enum status st = file_write_whole(path, bytes->data, bytes->len);

    if (st)
        fprintf(stderr, "salvor-collector reg: %s cannot be written: %s\n", path, status_text(st));
    return st ? 1 : 0;
}

static int write_reg(const struct regfile *regfile, const char *output)
{
    const char *message = "";
    struct buffer bytes;
    int code;

    buffer_init(&bytes, REGFILE_MAX_BYTES);
    if (regfile_build(regfile, &bytes, &message))
        code = command_usage("reg", message);
    else if (output)
        code = write_file(output, &bytes);
    else
        code = command_print(&bytes);
    buffer_done(&bytes);
    return code;
}

/* Takes --no-modules and --own-programs into account. */
static int write_settings(const struct reg_settings *settings)
{
    struct regfile regfile = settings->regfile;
    size_t count = regfile.apps.count;
    const char **apps = calloc(count + OWN_PROGRAMS, sizeof *apps);
    int code;

    if (!apps)
        return command_usage("reg", "out of memory");
    if (count)
        memcpy(apps, regfile.apps.items, count * sizeof *apps);
    memcpy(apps + count, own_programs, sizeof own_programs);
    regfile.apps = (struct option_list){apps, settings->own ? count + OWN_PROGRAMS : count};
    if (settings->no_modules)
        regfile.modules = regfile.modules_x86 = (struct option_list){0};
    code = write_reg(&regfile, settings->output);
    free(apps);
    return code;
}

int reg_command(int argc, char **argv)
{
    struct option options[REG_OPTION_COUNT];
    struct reg_settings settings = {0};
    struct option_set *set = NULL;
    struct option_list words = {0};
    const char *message = "out of memory";
    int code;

    if (command_wants_help(argc, argv))
        return command_help(usage, help_options);
    regfile_init(&settings.regfile);
    fill_table(options, &settings);
    if (option_set_create(&set, options, REG_OPTION_COUNT) || option_parse_arguments(set, argc, argv, &words, &message))
        code = command_usage("reg", message);
    else if (words.count)
        code = command_usage("reg", "takes options only; 'salvor-collector reg --help' lists them");
    else
        code = write_settings(&settings);
    option_set_free(set);
    return code;
}
