/* files.c - one try for each file, and a line about it. */
#include "uploader/files.h"
#include "uploader/exit_code.h"
#include "uploader/system.h"
#include <stdio.h>
#include <string.h>

struct sender {
    struct delivery delivery;
    const struct source_extras *extras;
    const char *path; /* of the file that is being sent */
};

/* Only what changes what is sent is told. */
static void event_print(void *context, const char *event, const char *detail)
{
    const struct sender *sender = context;

    if (strcmp(event, "smaller") == 0)
        fprintf(stderr, "%s file=\"%s\" %s\n", event, sender->path, detail);
}

static int verdict_report(const struct sender *sender, const struct source *source, const struct verdict *verdict)
{
    const char *advice = "", *path = sender->path;
    bool is_uncertain = delivery_is_uncertain(&sender->delivery, verdict), is_held = is_uncertain && sender->delivery.holds_uncertain;

    switch (verdict->kind) {
    case VERDICT_ACCEPTED:
    case VERDICT_DISCARDED:
        printf("%s file=\"%s\" id=%s reply=\"%s\"\n", verdict_name(verdict->kind), path, source->id, verdict->reply_id);
        fflush(stdout);
        return EXIT_ACCEPTED;
    case VERDICT_CONFIGURATION:
        advice = " Check --url and --key.";
        break;
    case VERDICT_WAIT:
        advice = is_held ? " It may have arrived all the same: look there before you send it again." : " Try again later.";
        break;
    default:
        break;
    }
    if (is_uncertain)
        fprintf(stderr, "maybe-delivered file=\"%s\" id=%s format=%s reason=\"%s\"\n", path, source->id,
                sender->delivery.options->format->name, verdict->reason);
    fprintf(stderr, "salvor-upload: \"%s\" was not taken: %s.%s\n", path, verdict->reason, advice);
    return verdict->kind == VERDICT_WAIT && !is_held ? EXIT_LATER : EXIT_REFUSED;
}

static int source_run(const struct sender *sender, const struct source *source)
{
    struct verdict verdict;
    enum status status = delivery_run(&sender->delivery, source, &verdict);

    if (sender->delivery.options->progress)
        progress_clear(sender->delivery.options->progress);
    if (status == ST_OK)
        return verdict_report(sender, source, &verdict);
    fprintf(stderr, "salvor-upload: the request could not be made in \"%s\": %s; set TMPDIR (TEMP on Windows) to a folder with room.\n",
            sender->delivery.folder, status_text(status));
    return EXIT_LATER;
}

static int file_run(const struct sender *sender)
{
    struct source source;
    struct buffer message;
    int code = EXIT_REFUSED;

    buffer_init(&message, 4096);
    if (source_from_file(&source, sender->path, sender->extras, &message) != ST_OK) {
        fprintf(stderr, "salvor-upload: %s\n", buffer_text(&message));
    } else {
        code = source_run(sender, &source);
        source_done(&source);
    }
    buffer_done(&message);
    return code;
}

int files_run(const struct delivery *delivery, const struct source_extras *extras, const struct option_list *paths)
{
    struct sender sender = {*delivery, extras, NULL};
    struct buffer folder;
    int worst = EXIT_ACCEPTED;

    buffer_init(&folder, 64 * 1024);
    if (system_temp_folder(&folder) != ST_OK) {
        fprintf(stderr, "salvor-upload: there is no folder for temporary files; set TMPDIR (TEMP on Windows).\n");
        worst = EXIT_LATER;
    }
    sender.delivery.folder = buffer_text(&folder);
    sender.delivery.event = event_print;
    sender.delivery.event_context = &sender;
    for (size_t i = 0; folder.len && i < paths->count; i++) {
        int code;

        sender.path = paths->items[i];
        if (delivery->options->progress)
            progress_begin(delivery->options->progress, path_base(sender.path));
        code = file_run(&sender);
        if (code > worst)
            worst = code;
    }
    buffer_done(&folder);
    return worst;
}
