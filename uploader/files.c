/* files.c - one try for each file, and a line about it. */
#include "uploader/files.h"
#include "uploader/exit_code.h"
#include "uploader/system.h"
#include <stdio.h>
#include <string.h>

struct sender {
    struct delivery delivery;
    const struct source_extras *extras;
    const char *path;          /* of the file that is being sent */
    struct errand *packers[2]; /* of the files to come: one may begin before the other has ended */
};

/* One file between being opened and being settled. */
struct job {
    const char *path;
    struct source source;
    struct parcel *parcel; /* NULL: it cannot be sent, for the reason in message or for want of memory */
    struct buffer message;
    bool is_ahead;
};

/* Only what changes what is sent is told. */
static enum status event_print(void *context, const char *event, const char *detail)
{
    const struct sender *sender = context;

    if (strcmp(event, "smaller") == 0)
        fprintf(stderr, "%s file=\"%s\" %s\n", event, sender->path, detail);
    return ST_OK;
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

static void job_begin(const struct sender *sender, struct job *job, const char *path, struct errand *packer)
{
    *job = (struct job){.path = path, .is_ahead = packer != NULL};
    buffer_init(&job->message, 4096);
    if (!packer && sender->delivery.options->progress)
        progress_begin(sender->delivery.options->progress, path_base(path));
    if (source_from_file(&job->source, path, sender->extras, &job->message) != ST_OK)
        return;
    if (parcel_create(&job->parcel, &sender->delivery, &job->source, packer) != ST_OK)
        source_done(&job->source);
}

static int parcel_run(const struct sender *sender, const struct job *job)
{
    struct verdict verdict;
    enum status status = parcel_send(job->parcel, &verdict);

    if (sender->delivery.options->progress)
        progress_clear(sender->delivery.options->progress);
    if (status == ST_OK)
        return verdict_report(sender, &job->source, &verdict);
    fprintf(stderr, "salvor-upload: the request could not be made in \"%s\": %s; set TMPDIR (TEMP on Windows) to a folder with room.\n",
            sender->delivery.folder, status_text(status));
    return EXIT_LATER;
}

static int job_end(struct sender *sender, struct job *job)
{
    int code = EXIT_REFUSED;

    sender->path = job->path;
    if (job->is_ahead && sender->delivery.options->progress)
        progress_begin(sender->delivery.options->progress, path_base(job->path));
    if (job->parcel) {
        code = parcel_run(sender, job);
        parcel_free(job->parcel);
        source_done(&job->source);
    } else {
        fprintf(stderr, "salvor-upload: %s\n", job->message.len ? buffer_text(&job->message) : "there is no memory for the request.");
    }
    buffer_done(&job->message);
    return code;
}

static int paths_run(struct sender *sender, const struct option_list *paths)
{
    struct job jobs[2];
    int worst = EXIT_ACCEPTED;

    if (paths->count)
        job_begin(sender, &jobs[0], paths->items[0], NULL);
    for (size_t i = 0; i < paths->count; i++) {
        int code;

        if (i + 1 < paths->count)
            job_begin(sender, &jobs[(i + 1) % 2], paths->items[i + 1], sender->packers[i % 2]);
        code = job_end(sender, &jobs[i % 2]);
        if (code > worst)
            worst = code;
    }
    return worst;
}

int files_run(const struct delivery *delivery, const struct source_extras *extras, const struct option_list *paths)
{
    struct sender sender = {.delivery = *delivery, .extras = extras};
    struct buffer folder;
    int code = EXIT_LATER;

    buffer_init(&folder, 64 * 1024);
    if (errand_create(&sender.packers[0]) != ST_OK || errand_create(&sender.packers[1]) != ST_OK) {
        fprintf(stderr, "salvor-upload: there is no memory for the requests.\n");
    } else if (system_temp_folder(&folder) == ST_OK) {
        sender.delivery.folder = buffer_text(&folder);
        sender.delivery.event = event_print;
        sender.delivery.event_context = &sender;
        code = paths_run(&sender, paths);
    } else {
        fprintf(stderr, "salvor-upload: there is no folder for temporary files; set TMPDIR (TEMP on Windows).\n");
    }
    errand_free(sender.packers[0]);
    errand_free(sender.packers[1]);
    buffer_done(&folder);
    return code;
}
