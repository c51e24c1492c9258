/* install.c - `install` and `uninstall`: a list of steps, and the same list backwards. */
#include "install.h"
#include "../command.h"
#include "base/process.h"
#include "base/win/command.h"
#include "base/win/wide.h"
#include "service_name.h"
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#define LINE_BYTES     131072
#define MESSAGE_CHARS  512
#define MAX_WORDS      64
#define MAX_PATH_BYTES (3u * 32768u)
#define OPTION_COUNT   5

static const char install_usage[] =
    "usage: salvor-collector install [OPTION]... [-- SERVICE OPTION...]\n"
    "\n"
    "Makes the Windows service, its folders with their rights, its event source, and LocalDumps for Salvor's own programs, and\n"
    "starts it. As often as one likes: what is there is brought up to date. Needs an elevated prompt. Options behind -- are\n"
    "those of 'salvor-collector run'; the service gets them.\n"
    "\n";

static const char uninstall_usage[] = "usage: salvor-collector uninstall [OPTION]...\n"
                                      "\n"
                                      "Takes away what install made, and nothing else. Reports and the log stay unless --purge is given.\n"
                                      "\n";

struct install_settings {
    const char *service, *to;
    bool dry_run, no_start, purge;
};

static void fill_table(struct option *options, struct install_settings *settings)
{
    const struct option table[OPTION_COUNT] = {
        {"service-name", OPTION_TEXT, &settings->service, 0, 0, "NAME", "the service's name"},
        {"to", OPTION_TEXT, &settings->to, 0, 0, "DIR", "install: copy the programs there first, such as \"C:\\Program Files\\Salvor\""},
        {"no-start", OPTION_FLAG, &settings->no_start, 0, 0, NULL, "install: leave the service stopped"},
        {"purge", OPTION_FLAG, &settings->purge, 0, 0, NULL, "uninstall: remove reports and log too"},
        {"dry-run", OPTION_FLAG, &settings->dry_run, 0, 0, NULL, "say every step and do none"},
    };

    for (size_t i = 0; i < OPTION_COUNT; i++)
        options[i] = table[i];
}

static enum status help_options(struct buffer *out)
{
    struct install_settings settings = {.service = SERVICE_NAME_DEFAULT};
    struct option options[OPTION_COUNT];

    fill_table(options, &settings);
    return option_help(out, options, OPTION_COUNT);
}

/* -- what the steps say -- */

void install_say(const struct install *install, const WCHAR *kind, const WCHAR *object, const char *done)
{
    char *kind_text = wide_to_utf8(kind), *object_text = wide_to_utf8(object);
    struct buffer line;

    buffer_init(&line, LINE_BYTES);
    if (kind_text && object_text &&
        buffer_printf(&line, "%s%s %s: %s\n", install->dry_run ? "would be: " : "", kind_text, object_text, done) == ST_OK)
        command_print(&line);
    buffer_done(&line);
    free(kind_text);
    free(object_text);
}

enum status install_fail(const struct install *install, const char *what, const WCHAR *object, DWORD error)
{
    WCHAR wide[MESSAGE_CHARS] = L"";
    DWORD chars = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error, 0, wide, MESSAGE_CHARS, NULL);
    char *object_text = wide_to_utf8(object), *why;
    enum status st = status_from_win32(error);

    while (chars && (wide[chars - 1] == L'\n' || wide[chars - 1] == L'\r' || wide[chars - 1] == L'.' || wide[chars - 1] == L' '))
        wide[--chars] = L'\0';
    why = wide_to_utf8(wide);
    fprintf(stderr, "salvor-collector %s: %s %s: %s (error %lu)%s\n", install->command, what, object_text ? object_text : "",
            why ? why : "", error, error == ERROR_ACCESS_DENIED ? "; run this from an elevated prompt" : "");
    free(object_text);
    free(why);
    return st ? st : ST_SYSTEM;
}

enum status install_note(const struct install *install, const WCHAR *kind, const WCHAR *object)
{
    enum status st = install->dry_run ? ST_OK : made_note(&install->made, kind, object);

    if (st)
        fprintf(stderr, "salvor-collector %s: what it makes cannot be noted below HKLM\\SOFTWARE\\Salvor: %s\n", install->command,
                status_text(st));
    return st;
}

WCHAR *install_join(const WCHAR *folder, const WCHAR *name)
{
    size_t len = wcslen(folder), room = len + wcslen(name) + 2;
    WCHAR *path = malloc(room * sizeof *path);
    bool ends = len && (folder[len - 1] == L'\\' || folder[len - 1] == L'/');

    if (path)
        swprintf(path, room, L"%ls%ls%ls", folder, ends ? L"" : L"\\", name);
    return path;
}

/* -- what is installed where -- */

/* A service has another current folder than we. */
static WCHAR *absolute(const char *path)
{
    WCHAR *wide = wide_from_utf8(path), *full = NULL;
    DWORD chars = wide ? GetFullPathNameW(wide, 0, NULL, NULL) : 0;

    if (chars)
        full = malloc(chars * sizeof *full);
    if (full && GetFullPathNameW(wide, chars, full, NULL) >= chars) {
        free(full);
        full = NULL;
    }
    free(wide);
    for (size_t len = full ? wcslen(full) : 0; len > 3 && full[len - 1] == L'\\'; len--)
        full[len - 1] = L'\0';
    return full;
}

static enum status fill_folders(struct install *install, const struct configuration *configuration)
{
    const struct settings *settings = configuration_settings(configuration);

    install->data = absolute(settings->data);
    install->queue = absolute(configuration_queue(configuration));
    install->inbox = absolute(configuration_inbox(configuration));
    install->dumps = calloc(settings->dumps.count, sizeof *install->dumps);
    if (!install->data || !install->queue || !install->inbox || !install->dumps)
        return ST_MEMORY;
    for (; install->dump_count < settings->dumps.count; install->dump_count++) {
        install->dumps[install->dump_count] = absolute(settings->dumps.items[install->dump_count]);
        if (!install->dumps[install->dump_count])
            return ST_MEMORY;
    }
    return ST_OK;
}

/* service <options> <name> */
static enum status fill_arguments(struct install *install, const char *name, const struct option_list *words)
{
    const char *argv[MAX_WORDS + 3] = {"service"};

    if (words->count > MAX_WORDS)
        return ST_TOO_LARGE;
    for (size_t i = 0; i < words->count; i++)
        argv[i + 1] = words->items[i];
    argv[words->count + 1] = name;
    install->arguments = command_line(argv);
    return install->arguments ? ST_OK : ST_MEMORY;
}

static enum status fill_program(struct install *install, const char *to)
{
    struct buffer self;
    enum status st;
    WCHAR *slash;

    buffer_init(&self, MAX_PATH_BYTES);
    st = process_self_path(&self);
    if (!st)
        install->from = wide_from_utf8(buffer_text(&self));
    buffer_done(&self);
    slash = install->from ? wcsrchr(install->from, L'\\') : NULL;
    if (!slash)
        return st ? st : ST_MEMORY;
    slash[1] = L'\0';
    install->to = to ? absolute(to) : NULL;
    return to && !install->to ? ST_MEMORY : ST_OK;
}

static void install_done(struct install *install)
{
    made_close(&install->made);
    free(install->service);
    free(install->program);
    free(install->from);
    free(install->to);
    free(install->arguments);
    free(install->data);
    free(install->queue);
    free(install->inbox);
    while (install->dump_count)
        free(install->dumps[--install->dump_count]);
    free((void *)install->dumps);
}

/* -- install -- */

/* The service is stopped first, since the files of one that runs cannot be replaced, and its SID is known once it is there. */
static enum status run_install(struct install *install)
{
    enum status st = made_open(&install->made, install->service, !install->dry_run);

    if (st)
        return install_fail(install, "its notes below HKLM\\SOFTWARE\\Salvor cannot be opened, for", install->service,
                            st == ST_ACCESS ? ERROR_ACCESS_DENIED : ERROR_REGISTRY_IO_FAILED);
    st = install_service_stop(install);
    if (!st)
        st = install_files(install);
    if (!st)
        st = install_service(install);
    if (!st)
        st = install_folders(install);
    if (!st)
        st = install_registry(install);
    if (!st && install->start)
        st = install_service_start(install);
    return st;
}

static int install_with(const struct install_settings *settings, const struct option_list *words)
{
    struct install install = {.command = "install", .dry_run = settings->dry_run, .start = !settings->no_start};
    struct configuration *configuration = NULL;
    const char *message = "out of memory";
    char *argv[MAX_WORDS + 2] = {(char *)(uintptr_t) "install"};
    int code = 1;

    for (size_t i = 0; i < words->count && i < MAX_WORDS; i++)
        argv[i + 1] = (char *)(uintptr_t)words->items[i];
    if (words->count > MAX_WORDS || configuration_load(&configuration, (int)words->count + 1, argv, &message)) {
        code = command_usage("install", words->count > MAX_WORDS ? "too many options for the service" : message);
    } else if (configuration_words(configuration)->count) {
        code = command_usage("install", "takes options only; those of the service come behind --");
    } else {
        install.service = wide_from_utf8(settings->service);
        if (!install.service || fill_folders(&install, configuration) || fill_arguments(&install, settings->service, words) ||
            fill_program(&install, settings->to))
            fprintf(stderr, "salvor-collector install: out of memory\n");
        else
            code = run_install(&install) ? 1 : 0;
    }
    install_done(&install);
    configuration_free(configuration);
    return code;
}

/* -- uninstall -- */

static void remove_file(const struct install *install, const WCHAR *path)
{
    DWORD error = install->dry_run || DeleteFileW(path) ? ERROR_SUCCESS : GetLastError();

    /* This program itself, or a DLL that a crashed program's WerFault still has. */
    if (error == ERROR_ACCESS_DENIED && MoveFileExW(path, NULL, MOVEFILE_DELAY_UNTIL_REBOOT)) {
        install_say(install, MADE_FILE, path, "in use: removed at the next start of Windows");
        made_forget(&install->made, MADE_FILE, path);
        return;
    }
    if (error && error != ERROR_FILE_NOT_FOUND && error != ERROR_PATH_NOT_FOUND) {
        install_fail(install, "a file cannot be removed:", path, error);
        return;
    }
    install_say(install, MADE_FILE, path, "removed");
    if (!install->dry_run)
        made_forget(&install->made, MADE_FILE, path);
}

static void remove_service(const struct install *install)
{
    if (!install_service_remove(install) && !install->dry_run)
        made_forget(&install->made, MADE_SERVICE, install->service);
}

static void remove_thing(const struct install *install, const struct made_thing *thing)
{
    if (wcscmp(thing->kind, MADE_FILE) == 0)
        remove_file(install, thing->object);
    else if (wcscmp(thing->kind, MADE_FOLDER) == 0 || wcscmp(thing->kind, MADE_DATA) == 0)
        install_remove_folder(install, thing->kind, thing->object);
    else if (wcscmp(thing->kind, MADE_KEY) == 0)
        install_remove_key(install, thing->object);
    else if (wcscmp(thing->kind, MADE_SERVICE) == 0)
        remove_service(install);
}

/* The latest first: files before their folder. What could not be removed, or was kept, stays noted. */
static enum status run_uninstall(struct install *install)
{
    struct made_thing *things = NULL;
    size_t count = 0, left = 0;
    enum status st = made_open(&install->made, install->service, false);

    if (st)
        return install_fail(install, "its notes below HKLM\\SOFTWARE\\Salvor cannot be opened, for", install->service, ERROR_ACCESS_DENIED);
    if (!install->made.key) {
        install_say(install, MADE_SERVICE, install->service, "nothing of it is installed");
        return ST_OK;
    }
    if (made_has(&install->made, MADE_SERVICE, install->service))
        st = install_service_stop(install);
    if (!st)
        st = made_list(&install->made, &things, &count);
    for (size_t i = 0; !st && i < count; i++)
        remove_thing(install, &things[i]);
    for (size_t i = 0; i < count; i++)
        left += made_has(&install->made, things[i].kind, things[i].object) && wcscmp(things[i].kind, MADE_FOLDER) != 0 &&
                wcscmp(things[i].kind, MADE_DATA) != 0;
    made_list_free(things, count);
    if (!install->dry_run && !st)
        made_remove(&install->made);
    return st ? st : left && !install->dry_run ? ST_BUSY : ST_OK;
}

static int uninstall_with(const struct install_settings *settings)
{
    struct install install = {.command = "uninstall", .dry_run = settings->dry_run, .purge = settings->purge};
    int code = 1;

    install.service = wide_from_utf8(settings->service);
    if (install.service)
        code = run_uninstall(&install) ? 1 : 0;
    install_done(&install);
    return code;
}

/* -- the commands -- */

static int with_settings(const char *command, int argc, char **argv, bool is_install)
{
    struct install_settings settings = {.service = SERVICE_NAME_DEFAULT};
    struct option options[OPTION_COUNT];
    struct option_set *set = NULL;
    struct option_list words = {0};
    const char *message = "out of memory";
    int code;

    fill_table(options, &settings);
    if (!option_set_create(&set, options, OPTION_COUNT) && !option_parse_arguments(set, argc, argv, &words, &message))
        message = service_name_check(settings.service);
    if (!message && !is_install && words.count)
        message = "takes options only; 'salvor-collector uninstall --help' lists them";
    if (message)
        code = command_usage(command, message);
    else
        code = is_install ? install_with(&settings, &words) : uninstall_with(&settings);
    option_set_free(set);
    return code;
}

int install_command(int argc, char **argv)
{
    if (command_wants_help(argc, argv))
        return command_help(install_usage, help_options);
    return with_settings("install", argc, argv, true);
}

int uninstall_command(int argc, char **argv)
{
    if (command_wants_help(argc, argv))
        return command_help(uninstall_usage, help_options);
    return with_settings("uninstall", argc, argv, false);
}
