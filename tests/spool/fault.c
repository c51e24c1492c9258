/* fault.c - in front of each step: count it, and at the chosen one stop or fail. */
#include "fault.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    enum fault_kind kind;
    unsigned step, count;
    enum status status;
    const char *name;
    bool is_changes_only;
} fault = {.name = ""};

void fault_arm(enum fault_kind kind, unsigned step, enum status status)
{
    fault.kind = kind;
    fault.step = step;
    fault.status = status;
    fault.count = 0;
    fault.name = "";
}

void fault_disarm(void)
{
    fault.kind = FAULT_NONE;
}

void fault_count_changes_only(void)
{
    fault.is_changes_only = true;
}

unsigned fault_steps(void)
{
    return fault.count;
}

const char *fault_step_name(void)
{
    return fault.name;
}

/* The process ends here: by a kill, or because the test went away. */
static void stop(const char *name)
{
    printf("stopped %s\n", name);
    fflush(stdout);
    while (getchar() != EOF)
        ;
    exit(3);
}

/* Whether the step must fail. */
static bool step(const char *name)
{
    if (fault.is_changes_only && (strcmp(name, "open-read") == 0 || strncmp(name, "lock", 4) == 0))
        return false;
    fault.count++;
    if (fault.kind == FAULT_NONE || fault.count != fault.step)
        return false;
    fault.name = name;
    if (fault.kind == FAULT_STOP || fault.kind == FAULT_TORN)
        stop(name);
    return true;
}

enum status fault_file_open(struct file *ret, const char *path, enum file_mode mode)
{
    static const char *const names[] = {"open-read", "open-read", "create", "replace", "open-update", "open-append"};

    return step(names[mode]) ? fault.status : file_open(ret, path, mode);
}

enum status fault_file_write(struct file *file, const void *bytes, size_t size)
{
    bool is_torn = (fault.kind == FAULT_TORN || fault.kind == FAULT_FAIL) && fault.count + 1 == fault.step;

    if (is_torn)
        file_write(file, bytes, size / 2);
    return step("write") ? fault.status : file_write(file, bytes, size);
}

enum status fault_file_truncate(struct file *file, uint64_t size)
{
    return step("truncate") ? fault.status : file_truncate(file, size);
}

enum status fault_file_sync(struct file *file)
{
    return step("sync") ? fault.status : file_sync(file);
}

enum status fault_file_lock(struct file *file)
{
    return step("lock") ? fault.status : file_lock(file);
}

enum status fault_file_lock_shared(struct file *file)
{
    return step("lock-shared") ? fault.status : file_lock_shared(file);
}

enum status fault_file_remove(const char *path)
{
    return step("remove") ? fault.status : file_remove(path);
}

enum status fault_file_rename(const char *from, const char *to, bool replace)
{
    return step(replace ? "replace-by-rename" : "rename") ? fault.status : file_rename(from, to, replace);
}

enum status fault_file_write_whole(const char *path, const void *bytes, size_t size)
{
    char made[4096];
    struct file file = {FILE_CLOSED};
    enum status status;
    bool is_made;

    snprintf(made, sizeof made, "%s.tmp", path);
    status = fault_file_open(&file, made, FILE_MODE_REPLACE);
    is_made = status == ST_OK;
    if (status == ST_OK)
        status = fault_file_write(&file, bytes, size);
    if (status == ST_OK)
        status = fault_file_sync(&file);
    file_close(&file);
    if (status == ST_OK)
        status = fault_file_rename(made, path, true);
    if (is_made && status != ST_OK)
        file_remove(made);
    return status;
}

enum status fault_folder_create(const char *path)
{
    return step("create-folder") ? fault.status : folder_create(path);
}

enum status fault_folder_sync(const char *path)
{
    return step("sync-folder") ? fault.status : folder_sync(path);
}
