/* delivery.c - see delivery.h. */
#include "delivery.h"
#include "../schedule.h"
#include "base/log.h"
#include "base/process.h"
#include "base/registry.h"
#include "proto/name.h"
#include <stdlib.h>
#include <string.h>

#define MAX_PATH_BYTES (3u * 32768u)
#define SETTING_UPLOAD "upload-program"

struct delivery {
    struct schedule_options options;
    struct policy_options policy_options;
    struct policy *policy;
    struct schedule *schedule; /* NULL: another monitor of this program works on the queue */
    struct buffer program;
};

static bool is_file(const struct buffer *path)
{
    struct file_info info;

    return file_stat(buffer_text(path), &info) == ST_OK && info.is_regular;
}

static bool find_beside_us(struct buffer *ret)
{
    buffer_reset(ret);
    if (process_self_path(ret) != ST_OK)
        return false;
    ret->len -= strlen(path_base(buffer_text(ret)));
    ret->data[ret->len] = '\0';
    return buffer_append_text(ret, NAME_UPLOAD) == ST_OK && is_file(ret);
}

static bool find_in_registry(struct buffer *ret, const char *key)
{
    buffer_reset(ret);
    return registry_read_text(key, SETTING_UPLOAD, ret) == ST_OK && is_file(ret);
}

/* Beside the program, else where a collector of this machine is told to find it. */
static bool find_uploader(struct buffer *ret)
{
    return find_beside_us(ret) || find_in_registry(ret, NAME_KEY_POLICY) || find_in_registry(ret, NAME_KEY_SETTINGS);
}

static void delivery_free(struct delivery *delivery)
{
    policy_free(delivery->policy);
    buffer_done(&delivery->program);
    free(delivery);
}

static enum status init(struct delivery *delivery, struct spool *spool, const char *url, const char *key)
{
    struct policy_rules rules;

    buffer_init(&delivery->program, MAX_PATH_BYTES);
    policy_options_defaults(&delivery->policy_options);
    rules = policy_options_rules(&delivery->policy_options);
    delivery->options = (struct schedule_options){.spool = spool, .key = key, .policy_options = &delivery->policy_options};
    if (url && find_uploader(&delivery->program)) {
        delivery->options.url = url;
        delivery->options.upload_program = buffer_text(&delivery->program);
    } else if (url) {
        log_warn("upload-off", "reason=\"there is no " NAME_UPLOAD " beside this program\" consequence=\"reports wait in the queue\"");
    }
    enum status st = policy_create(&delivery->policy, &rules);
    delivery->options.policy = delivery->policy;
    return st;
}

enum status delivery_start(struct delivery **ret, struct spool *spool, const char *url, const char *key)
{
    struct delivery *delivery = calloc(1, sizeof *delivery);
    enum status st = delivery ? init(delivery, spool, url, key) : ST_MEMORY;

    if (!st)
        st = schedule_start(&delivery->schedule, &delivery->options);
    if (st && st != ST_BUSY) {
        if (delivery)
            delivery_free(delivery);
        return st;
    }
    *ret = delivery;
    return ST_OK;
}

void delivery_wake(void *context)
{
    struct delivery *delivery = context;

    if (delivery->schedule)
        schedule_wake(delivery->schedule);
}

/* Who had the queue has seen our reports come, or is gone by now. */
void delivery_finish(struct delivery *delivery)
{
    if (!delivery)
        return;
    if (!delivery->schedule && schedule_start(&delivery->schedule, &delivery->options))
        delivery->schedule = NULL;
    schedule_finish(delivery->schedule);
    delivery_free(delivery);
}
