/* unit.h - what unit tests share: cmocka behind its own prerequisites, statuses by name, and a scratch folder that is gone afterwards. */
#ifndef SALVOR_TESTS_UNIT_UNIT_H
#define SALVOR_TESTS_UNIT_UNIT_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/random.h"
#include "base/status.h"
#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Prints both names when they differ. */
#define assert_status(call, expected) assert_string_equal(status_name(call), status_name(expected))

/* Removes what path names, with all that is in it. */
static inline void scratch_remove(const char *path)
{
    struct folder *folder;
    const char *name;
    if (folder_open(&folder, path) == ST_OK) {
        while (folder_next(folder, &name) == ST_OK) {
            char *inside = path_joined(path, name);
            struct file_info info = {0};
            if (file_stat(inside, &info) == ST_OK && info.is_folder)
                scratch_remove(inside);
            else
                file_remove(inside);
            free(inside);
        }
        folder_close(folder);
    }
    folder_remove(path);
}

/* cmocka's setup and teardown: *state is a fresh folder's path, relative to the current folder. */
static inline int scratch_setup(void **state)
{
    uint8_t random[6];
    char hex[2 * sizeof random + 1], *path = malloc(64);
    if (!path || random_bytes(random, sizeof random))
        return -1;
    text_hex(hex, random, sizeof random);
    snprintf(path, 64, "scratch-%s", hex);
    *state = path;
    return folder_create(path) == ST_OK ? 0 : -1;
}

static inline int scratch_teardown(void **state)
{
    struct file_info info;
    scratch_remove(*state);
    int left = file_stat(*state, &info) == ST_OK;
    free(*state);
    return left ? -1 : 0;
}

/* A path in the scratch folder; freed by the caller. */
static inline char *in_scratch(void **state, const char *name)
{
    char *path = path_joined(*state, name);
    assert_non_null(path);
    return path;
}

#define test_in_scratch(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

#endif
