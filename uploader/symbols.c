/* symbols.c - find, ask, send. A server that says what it lacks lets a run that was broken off go on where it stopped. */
#include "uploader/symbols.h"
#include "uploader/exit_code.h"
#include "uploader/symbol_way.h"
#include "uploader/system.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct counts {
    size_t found, present, uploaded, refused, waiting;
};

enum status symbols_address(const struct symbol_way *way, const char *text, const char *key, bool allow_http, struct buffer *out,
                            const char **ret_why)
{
    return way->address(text, key ? key : "", allow_http, out, ret_why);
}

/* A failure of our own side, in words, as a verdict to wait. */
static void own_failure(const struct symbol_sender *sender, enum status status, struct verdict *ret)
{
    *ret = (struct verdict){.kind = VERDICT_WAIT, .is_endpoint_wide = true};
    snprintf(ret->reason, sizeof ret->reason, "the request could not be made in \"%s\": %s", buffer_text(&sender->folder),
             status_text(status));
}

static const char *advice_of(const struct symbol_way *way, const struct verdict *verdict)
{
    if (verdict->kind == VERDICT_CONFIGURATION)
        return " Check --url, --key and --project.";
    if (verdict->kind != VERDICT_WAIT)
        return "";
    return way->ask ? " Try again later: what has arrived is not sent again." : " Try again later.";
}

/* Marks what is to be sent; the exit code when that failed, else EXIT_ACCEPTED. */
static int missing_find(struct symbol_sender *sender)
{
    const struct symbol_way *way = sender->options->way;
    struct verdict verdict;
    enum status status;

    if (!way->ask) {
        for (size_t i = 0; i < sender->list.count; i++)
            sender->list.items[i].is_missing = true;
        return EXIT_ACCEPTED;
    }
    status = way->ask(sender, &verdict);
    if (status != ST_OK)
        own_failure(sender, status, &verdict);
    if (verdict.kind == VERDICT_ACCEPTED)
        return EXIT_ACCEPTED;
    fprintf(stderr, "salvor-upload: what the server lacks is not known: %s.%s\n", verdict.reason, advice_of(way, &verdict));
    return verdict.kind == VERDICT_WAIT ? EXIT_LATER : EXIT_REFUSED;
}

/* True: the next one would fare no better. */
static bool entry_send(struct symbol_sender *sender, const struct symbol_entry *entry, struct counts *counts)
{
    const struct symbol_way *way = sender->options->way;
    struct symbol_result result = {.is_present = false};
    const struct verdict *verdict = &result.verdict;
    enum status status;

    if (sender->options->progress)
        progress_begin(sender->options->progress, entry->file);
    status = way->send(sender, entry, &result);
    if (status != ST_OK)
        own_failure(sender, status, &result.verdict);
    if (sender->options->progress)
        progress_clear(sender->options->progress);
    if (verdict->kind != VERDICT_ACCEPTED) {
        fprintf(stderr, "salvor-upload: \"%s\" was not taken: %s.%s\n", entry->path, verdict->reason, advice_of(way, verdict));
        *(verdict->kind == VERDICT_WAIT ? &counts->waiting : &counts->refused) += 1;
        return verdict->is_endpoint_wide;
    }
    if (!result.is_present) {
        printf("uploaded file=\"%s\" address=\"%s/%s/%s\" size_bytes=%" PRIu64 "\n", entry->path, entry->name, entry->id, entry->file,
               result.size_bytes);
        fflush(stdout);
    }
    *(result.is_present ? &counts->present : &counts->uploaded) += 1;
    return false;
}

static int list_send(struct symbol_sender *sender)
{
    struct counts counts = {.found = sender->list.count};
    bool is_stopped = false;
    size_t at = 0;

    for (; at < sender->list.count && !is_stopped; at++)
        if (sender->list.items[at].is_missing)
            is_stopped = entry_send(sender, &sender->list.items[at], &counts);
        else
            counts.present++;
    for (; at < sender->list.count; at++) /* the server or the way to it failed for all alike */
        *(sender->list.items[at].is_missing ? &counts.waiting : &counts.present) += 1;
    printf("salvor-upload symbols found=%zu present=%zu uploaded=%zu refused=%zu unreadable=%zu waiting=%zu\n", counts.found,
           counts.present, counts.uploaded, counts.refused, sender->list.unreadable, counts.waiting);
    if (counts.refused || sender->list.unreadable)
        return counts.waiting && !counts.refused ? EXIT_LATER : EXIT_REFUSED;
    return counts.waiting ? EXIT_LATER : EXIT_ACCEPTED;
}

/* Which kinds of files a server takes, for people. */
static const char *kinds_text(unsigned kinds)
{
    return kinds == 1u << LOCATE_SYM ? ".sym file" : "PE, PDB or .sym file";
}

static int list_work(struct symbol_sender *sender)
{
    const struct symbol_way *way = sender->options->way;
    size_t left_out = symbol_list_keep(&sender->list, way->kinds);
    int code;

    if (left_out)
        printf("salvor-upload symbols left_out=%zu: servers of the format %s take %ss only\n", left_out, way->format,
               kinds_text(way->kinds));
    if (!sender->list.count) {
        fprintf(stderr, "salvor-upload: no %s was found; name the folders that the build writes into.\n", kinds_text(way->kinds));
        return EXIT_REFUSED;
    }
    code = missing_find(sender);
    return code == EXIT_ACCEPTED ? list_send(sender) : code;
}

int symbols_run(struct transfer *transfer, const struct symbols_options *options)
{
    struct symbol_sender sender = {.transfer = transfer, .options = options};
    int code = EXIT_LATER;
    enum status status;

    buffer_init(&sender.folder, 64 * 1024);
    status = system_temp_folder(&sender.folder);
    if (status == ST_OK)
        status = symbol_list_find(&sender.list, options->paths);
    if (status == ST_OK)
        code = list_work(&sender);
    else
        fprintf(stderr, "salvor-upload: the symbol files cannot be listed: %s.\n", status_text(status));
    symbol_list_done(&sender.list);
    buffer_done(&sender.folder);
    return code;
}
