/* regfile.c - which keys and values a deployment consists of.
 *
 * Every value of LocalDumps is written for each program, because a general DumpCount=0 would otherwise be inherited. Undo names our own
 * subkeys and values only: other programs' subkeys, other modules, and settings made by somebody else, stay.
 * https://learn.microsoft.com/windows/win32/wer/collecting-user-mode-dumps */
#include "regfile.h"
#include "base/file.h"
#include "base/text.h"
#include "configuration.h"
#include "proto/name.h"
#include "regtext.h"
#include <string.h>

static const char *const default_module[] = {NAME_DEFAULT_MODULE};
static const char *const default_module_x86[] = {NAME_DEFAULT_MODULE_X86};

static const struct {
    const char *name;
    uint32_t value;
} dump_types[] = {{"custom", 0}, {"mini", 1}, {"full", 2}};

void regfile_init(struct regfile *regfile)
{
    *regfile = (struct regfile){
        .modules = {(const char **)(uintptr_t)default_module, 1},
        .modules_x86 = {(const char **)(uintptr_t)default_module_x86, 1},
        .dump_folder = NAME_DEFAULT_DUMPS,
        .dump_type = "mini",
        .dump_count = NAME_DEFAULT_DUMP_COUNT,
        .custom_dump_flags = NAME_DEFAULT_DUMP_FLAGS,
    };
}

static bool find_dump_type(const char *name, uint32_t *ret)
{
    for (size_t i = 0; i < sizeof dump_types / sizeof dump_types[0]; i++) {
        if (strcmp(dump_types[i].name, name) == 0) {
            *ret = dump_types[i].value;
            return true;
        }
    }
    return false;
}

/* -- what may stand in the file -- */

/* Texts land between quotes on one line of a file that an administrator will import. */
static bool is_plain_text(const char *text)
{
    size_t len = strlen(text);

    if (len == 0 || len > REGTEXT_MAX_VALUE || !text_is_utf8(text, len))
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return false;
    return true;
}

/* C:\..., or \\server\share\...; with a drive's letter or a share in front nothing depends on who reads it. */
static bool is_full_path(const char *path)
{
    bool has_drive = ((path[0] | 0x20) >= 'a' && (path[0] | 0x20) <= 'z') && path[1] == ':' && path[2] == '\\';

    return (has_drive || text_starts(path, "\\\\")) && !strchr(path, '/') && !strchr(path, '"');
}

static const char *check_app(const char *app)
{
    if (!is_plain_text(app) || !text_ends_nocase(app, ".exe"))
        return "--app wants the file name of a program, such as app.exe, in one line of UTF-8";
    if (strpbrk(app, "[]"))
        return "--app cannot be a name with square brackets, which end the name of a key in a .reg file: set it up with reg.exe instead";
    if (!path_is_plain_name(app))
        return "--app wants the file name alone: no folder, and none of \\ / : * ? \" < > |";
    return NULL;
}

static const char *check_module(const char *module)
{
    if (!is_plain_text(module) || !is_full_path(module) || !text_ends_nocase(module, "\\" NAME_WER_MODULE))
        return "--module and --module-x86 want the full path of a " NAME_WER_MODULE
               " as it will be on the machine, such as " NAME_DEFAULT_MODULE;
    if (strchr(module, '%'))
        return "--module and --module-x86 cannot hold %variables%: Windows puts none into the name of a value";
    return NULL;
}

static const char *check_each(const struct option_list *list, const char *(*check)(const char *))
{
    const char *message = NULL;

    for (size_t i = 0; !message && i < list->count; i++)
        message = check(list->items[i]);
    return message;
}

static const char *check_texts(const struct regfile *regfile)
{
    uint64_t ms;

    if (regfile->url && !is_plain_text(regfile->url))
        return "--url must be one line of at most 1024 bytes";
    if (regfile->key && !is_plain_text(regfile->key))
        return "--key must be one line of at most 1024 bytes";
    if (!is_plain_text(regfile->dump_folder) || strpbrk(regfile->dump_folder, ";\"<>|*?"))
        return "--dump-folder must be one path of at most 1024 bytes, without a semicolon, quotes or wildcards";
    if (!text_starts(regfile->dump_folder, "%") && !is_full_path(regfile->dump_folder))
        return "--dump-folder must be a full path, such as " NAME_DEFAULT_DUMPS ", since each crashing program has its own current folder";
    if (regfile->no_dump_grace && !text_parse_duration(regfile->no_dump_grace, &ms))
        return "--no-dump-grace wants a duration, such as 30s";
    return NULL;
}

static const char *check(const struct regfile *regfile)
{
    const char *message = check_each(&regfile->apps, check_app);
    uint32_t type;

    if (regfile->apps.count == 0)
        return "name at least one program with --app app.exe";
    if (!message)
        message = check_each(&regfile->modules, check_module);
    if (!message)
        message = check_each(&regfile->modules_x86, check_module);
    if (!message && !find_dump_type(regfile->dump_type, &type))
        message = "--dump-type must be mini, full or custom";
    return message ? message : check_texts(regfile);
}

/* -- the file -- */

static void put_local_dumps(struct regtext *out, const struct regfile *regfile, const char *app)
{
    uint32_t type = NAME_DEFAULT_DUMP_TYPE;

    if (regfile->undo) {
        regtext_delete_key(out, NAME_KEY_LOCALDUMPS, app);
        return;
    }
    find_dump_type(regfile->dump_type, &type);
    regtext_key(out, NAME_KEY_LOCALDUMPS, app);
    regtext_expand(out, NAME_VALUE_DUMP_FOLDER, regfile->dump_folder);
    regtext_number(out, NAME_VALUE_DUMP_COUNT, (uint32_t)regfile->dump_count);
    regtext_number(out, NAME_VALUE_DUMP_TYPE, type);
    regtext_number(out, NAME_VALUE_CUSTOM_FLAGS, (uint32_t)regfile->custom_dump_flags);
}

/* WER takes a module only when the path that the program gave is the name of a value here, in the view of the program's bitness. */
static void put_modules(struct regtext *out, const struct regfile *regfile, const char *key, const struct option_list *modules)
{
    if (modules->count)
        regtext_key(out, key, NULL);
    for (size_t i = 0; i < modules->count; i++) {
        if (regfile->undo)
            regtext_delete_value(out, modules->items[i]);
        else
            regtext_number(out, modules->items[i], 0);
    }
}

static void put_setting(struct regtext *out, const struct regfile *regfile, const char *name, const char *value)
{
    if (!value)
        return;
    if (regfile->undo)
        regtext_delete_value(out, name);
    else
        regtext_value(out, name, value);
}

static void put_settings(struct regtext *out, const struct regfile *regfile)
{
    regtext_key(out, NAME_KEY_SETTINGS, NULL);
    if (regfile->undo)
        regtext_delete_value(out, SETTING_DUMPS);
    else
        regtext_expand(out, SETTING_DUMPS, regfile->dump_folder);
    put_setting(out, regfile, SETTING_URL, regfile->url);
    put_setting(out, regfile, SETTING_KEY, regfile->key);
}

/* The program's own key stands there also without a value of its own: it tells `doctor` which programs are meant to be collected. */
static void put_app_settings(struct regtext *out, const struct regfile *regfile, const char *app)
{
    if (regfile->undo) {
        regtext_delete_key(out, NAME_KEY_SETTINGS, app);
        return;
    }
    regtext_key(out, NAME_KEY_SETTINGS, app);
    if (regfile->report_killed)
        regtext_number(out, SETTING_REPORT_KILLED, 1);
    if (regfile->no_dump_grace)
        regtext_value(out, SETTING_NO_DUMP_GRACE, regfile->no_dump_grace);
}

enum status regfile_build(const struct regfile *regfile, struct buffer *out, const char **ret_message)
{
    const char *message = check(regfile);
    struct regtext text;
    enum status st;

    if (message) {
        *ret_message = message;
        return ST_ARGUMENT;
    }
    *ret_message = "too many programs for one file";
    regtext_init(&text, REGFILE_MAX_BYTES / 2);
    for (size_t i = 0; i < regfile->apps.count; i++)
        put_local_dumps(&text, regfile, regfile->apps.items[i]);
    put_modules(&text, regfile, NAME_KEY_WER_MODULES, &regfile->modules);
    put_modules(&text, regfile, NAME_KEY_WER_MODULES_X86, &regfile->modules_x86);
    put_settings(&text, regfile);
    for (size_t i = 0; i < regfile->apps.count; i++)
        put_app_settings(&text, regfile, regfile->apps.items[i]);
    st = regtext_encode(&text, out);
    regtext_done(&text);
    return st;
}
