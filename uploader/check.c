/* check.c - a POST without a report, to the address and with the key that reports would have (docs/protocol.md). Only a Salvor server that
 * knows the key answers it with 200 and `ready ...`: what a proxy or another server says is not taken for that. */
#include "uploader/check.h"
#include "base/text.h"
#include "uploader/exit_code.h"
#include "uploader/scratch.h"
#include "uploader/system.h"
#include <stdio.h>
#include <string.h>

#define CHECK_TYPE "application/x-salvor-check"
#define READY      "ready "

static enum status ask(const struct post *post, struct verdict *ret)
{
    struct request request = {.content_type = CHECK_TYPE};
    struct scratch body = {.file = {FILE_CLOSED}};
    struct buffer folder;
    enum status status;

    buffer_init(&folder, 64 * 1024);
    status = system_temp_folder(&folder);
    if (status == ST_OK)
        status = scratch_create(&body, buffer_text(&folder));
    if (status == ST_OK)
        status = post_send(post, &request, &body.file, "", ret);
    scratch_done(&body);
    buffer_done(&folder);
    return status;
}

static int say(const struct verdict *verdict)
{
    switch (verdict->kind) {
    case VERDICT_ACCEPTED:
        if (text_starts(verdict->reply_id, READY)) {
            printf("salvor-upload check %s\n", verdict->reply_id);
            return EXIT_ACCEPTED;
        }
        puts("salvor-upload check: something answered, but it is no Salvor server, or one too old to be asked");
        return EXIT_REFUSED;
    case VERDICT_WAIT:
        printf("salvor-upload check: %s\n", verdict->reason);
        return EXIT_LATER;
    default:
        printf("salvor-upload check: %s\n", verdict->reason);
        return EXIT_REFUSED;
    }
}

int check_run(const struct post *post)
{
    struct verdict verdict;
    enum status status;

    if (strcmp(post->format->name, "salvor") != 0) {
        printf("salvor-upload check: a server of the format %s cannot be asked without a report\n", post->format->name);
        return EXIT_UNKNOWN;
    }
    status = ask(post, &verdict);
    if (status == ST_OK)
        return say(&verdict);
    printf("salvor-upload check: the request could not be made: %s\n", status_text(status));
    return EXIT_LATER;
}
