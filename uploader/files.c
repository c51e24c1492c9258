/* files.c - one try for each file, and a line about it. */
#include "uploader/files.h"
#include "uploader/scratch.h"
#include "uploader/system.h"
#include <stdio.h>

#define EXIT_ACCEPTED 0
#define EXIT_REFUSED  1
#define EXIT_LATER    3

static enum status source_send(struct post *post, const struct request_options *options, const struct source *source, struct verdict *ret)
{
    struct scratch body = {.file = {FILE_CLOSED}};
    struct buffer folder;
    struct request request;
    enum status status;

    buffer_init(&folder, 64 * 1024);
    status = system_temp_folder(&folder);
    if (status == ST_OK)
        status = scratch_create(&body, buffer_text(&folder));
    if (status == ST_OK)
        status = request_build(source, options, &body.file, &request);
    if (status == ST_OK)
        status = post_send(post, &request, &body.file, source->id, ret);
    if (status != ST_OK)
        fprintf(stderr, "salvor-upload: the request could not be made in \"%s\": %s; set TMPDIR (TEMP on Windows) to a folder with room.\n",
                buffer_text(&folder), status_text(status));
    scratch_done(&body);
    buffer_done(&folder);
    return status;
}

static int verdict_report(const char *path, const struct format *format, const struct source *source, const struct verdict *verdict)
{
    const char *advice = "";

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
        advice = " Try again later.";
        break;
    default:
        break;
    }
    if (verdict->is_uncertain && !format->is_counted_once)
        fprintf(stderr, "maybe-delivered file=\"%s\" id=%s format=%s reason=\"%s\"\n", path, source->id, format->name, verdict->reason);
    fprintf(stderr, "salvor-upload: \"%s\" was not taken: %s.%s\n", path, verdict->reason, advice);
    return verdict->kind == VERDICT_WAIT ? EXIT_LATER : EXIT_REFUSED;
}

static int file_run(struct post *post, const struct request_options *options, const struct source_extras *extras, const char *path,
                    struct progress *progress)
{
    struct source source;
    struct buffer message;
    struct verdict verdict;
    int code = EXIT_REFUSED;

    buffer_init(&message, 4096);
    if (source_from_file(&source, path, extras, &message) != ST_OK) {
        fprintf(stderr, "salvor-upload: %s\n", buffer_text(&message));
    } else {
        enum status status = source_send(post, options, &source, &verdict);

        progress_clear(progress);
        code = status == ST_OK ? verdict_report(path, options->format, &source, &verdict) : EXIT_LATER;
        source_done(&source);
    }
    buffer_done(&message);
    return code;
}

int files_run(struct post *post, const struct request_options *options, const struct source_extras *extras, const struct option_list *paths,
              struct progress *progress)
{
    int worst = EXIT_ACCEPTED;

    for (size_t i = 0; i < paths->count; i++) {
        int code;

        progress->label = path_base(paths->items[i]);
        code = file_run(post, options, extras, paths->items[i], progress);
        if (code > worst)
            worst = code;
    }
    return worst;
}
