/* support_spool.c - throw-away queues. */
#include "support_spool.h"
#include "base/random.h"
#include "base/text.h"
#include "base/thread.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the above */
#include <cmocka.h>

#define PATIENCE_MS 30000

char *support_folder(void)
{
    uint8_t random[8];
    char hex[2 * sizeof random + 1], name[64];
    char *path;

    assert_int_equal(random_bytes(random, sizeof random), ST_OK);
    text_hex(hex, random, sizeof random);
    snprintf(name, sizeof name, "spool-%s", hex);
    path = path_joined(".", name);
    assert_non_null(path);
    assert_int_equal(folder_create(path), ST_OK);
    return path;
}

static void tree_remove(const char *path)
{
    struct folder *folder = NULL;
    struct file_info info;
    const char *name;

    if (file_stat(path, &info) == ST_OK && !info.is_folder) {
        file_remove(path);
        return;
    }
    if (folder_open(&folder, path) != ST_OK)
        return;
    while (folder_next(folder, &name) == ST_OK) {
        char *inner = path_joined(path, name);

        if (inner)
            tree_remove(inner);
        free(inner);
    }
    folder_close(folder);
    folder_remove(path);
}

void support_folder_drop(char *path)
{
    tree_remove(path);
    free(path);
}

/* A killed process's locks go when its last thread does, and the leak sanitizer's, which looks at it when it ends, dies a little later. */
static struct spool *spool_with(const char *dir, enum spool_turn turn)
{
    struct spool *spool = NULL;
    struct event *never = NULL;
    enum status status = ST_BUSY;

    assert_int_equal(spool_open(&spool, dir), ST_OK);
    assert_int_equal(event_create(&never), ST_OK);
    for (int waited_ms = 0; status == ST_BUSY && waited_ms < PATIENCE_MS; waited_ms++) {
        status = spool_turn_begin(spool, turn);
        if (status == ST_BUSY)
            event_wait(never, 1);
    }
    event_free(never);
    assert_int_equal(status, ST_OK);
    return spool;
}

struct spool *support_spool(const char *dir)
{
    return spool_with(dir, SPOOL_TURN_SENDING);
}

struct spool *support_keeper(const char *dir)
{
    return spool_with(dir, SPOOL_TURN_KEEPING);
}

char *support_commit(struct spool *spool, enum spool_state state, const char *record)
{
    struct spool_draft *draft = NULL;
    char *name = NULL;

    if (!record)
        record = SUPPORT_RECORD;
    assert_int_equal(spool_draft_create(spool, &draft), ST_OK);
    assert_int_equal(file_write(spool_draft_file(draft), SUPPORT_DUMP, strlen(SUPPORT_DUMP)), ST_OK);
    assert_int_equal(spool_draft_commit(draft, record, strlen(record), state, &name), ST_OK);
    return name;
}

size_t support_count(const char *dir, const char *sub)
{
    struct folder *folder = NULL;
    const char *name;
    size_t count = 0;
    char *path = path_joined(dir, sub);

    assert_non_null(path);
    assert_int_equal(folder_open(&folder, path), ST_OK);
    while (folder_next(folder, &name) == ST_OK)
        count++;
    folder_close(folder);
    free(path);
    return count;
}

static char *path_in(const char *dir, const char *sub, const char *name)
{
    char *folder = path_joined(dir, sub), *path = folder ? path_joined(folder, name) : NULL;

    assert_non_null(path);
    free(folder);
    return path;
}

bool support_has(const char *dir, const char *sub, const char *name)
{
    char *path = path_in(dir, sub, name);
    struct file_info info;
    bool has = file_stat(path, &info) == ST_OK;

    free(path);
    return has;
}

void support_put(const char *dir, const char *sub, const char *name, const void *bytes, size_t size)
{
    char *path = path_in(dir, sub, name);

    assert_int_equal(file_write_whole(path, bytes, size), ST_OK);
    free(path);
}

void support_get(const char *dir, const char *sub, const char *name, struct buffer *out)
{
    char *path = path_in(dir, sub, name);

    buffer_init(out, 16 * 1024 * 1024);
    assert_int_equal(file_read_whole(path, 16 * 1024 * 1024, out), ST_OK);
    free(path);
}

const char *support_history(struct spool *spool, const char *id, struct buffer *out)
{
    buffer_init(out, 16 * 1024 * 1024);
    if (spool_history_read(spool, id, out) != ST_OK)
        return "";
    return buffer_text(out);
}
