/* reg.c - `reg`: writes a .reg file that switches collection on for some programs, or takes that away again. */
#include "base/file.h"
#include "command.h"
#include "regfile.h"
#include <stdio.h>

static const char usage[] = "usage: salvor-collector reg --app app.exe [--app other.exe]... [OPTION]...\n"
                            "\n"
                            "Writes a registry file for regedit, Group Policy or Intune: LocalDumps for each program, and the collector's\n"
                            "settings. With --undo and otherwise the same options, a file that removes just that.\n"
                            "\n";

struct reg_settings {
    struct option_list apps;
    const char *url, *key, *dump_folder, *output;
    bool undo;
};

#define REG_OPTION_COUNT 6

static void fill_table(struct option *options, struct reg_settings *settings)
{
    const struct option table[REG_OPTION_COUNT] = {
        {"app", OPTION_LIST, &settings->apps, 0, 0, "NAME", "program to collect from, such as app.exe; may be given again"},
        {"url", OPTION_TEXT, &settings->url, 0, 0, "URL", "server that the collector sends reports to"},
        {"key", OPTION_TEXT, &settings->key, 0, 0, "K", "the server's key for this project"},
        {"dump-folder", OPTION_TEXT, &settings->dump_folder, 0, 0, "DIR",
         "where Windows writes the dumps (C:\\ProgramData\\Salvor\\dumps)"},
        {"undo", OPTION_FLAG, &settings->undo, 0, 0, NULL, "write the file that takes it all away again"},
        {"output", OPTION_TEXT, &settings->output, 0, 0, "FILE", "write to a file instead of standard output"},
    };

    for (size_t i = 0; i < REG_OPTION_COUNT; i++)
        options[i] = table[i];
}

static enum status help_options(struct buffer *out)
{
    struct option options[REG_OPTION_COUNT];
    struct reg_settings settings = {0};

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

static int write_reg(const struct reg_settings *settings)
{
    struct regfile regfile = {
        .apps = settings->apps.items,
        .app_count = settings->apps.count,
        .url = settings->url,
        .key = settings->key,
        .dump_folder = settings->dump_folder,
        .undo = settings->undo,
    };
    const char *message = "";
    struct buffer bytes;
    int code;

    buffer_init(&bytes, REGFILE_MAX_BYTES);
    if (regfile_build(&regfile, &bytes, &message))
        code = command_usage("reg", message);
    else if (settings->output)
        code = write_file(settings->output, &bytes);
    else
        code = command_print(&bytes);
    buffer_done(&bytes);
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
    fill_table(options, &settings);
    if (option_set_create(&set, options, REG_OPTION_COUNT) || option_parse_arguments(set, argc, argv, &words, &message))
        code = command_usage("reg", message);
    else if (words.count)
        code = command_usage("reg", "takes options only; 'salvor-collector reg --help' lists them");
    else
        code = write_reg(&settings);
    option_set_free(set);
    return code;
}
