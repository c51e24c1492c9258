/* crash_results.c - what came of the deaths, as a table and as JSON. */
#include "crash.h"

static const char *const outcomes[] = {"caught", "excused", "missed", "not-made"};

bool crash_is_bad(const struct crash_results *results)
{
    for (size_t i = 0; i < results->count; i++)
        if (results->items[i].outcome == CRASH_MISSED || results->items[i].outcome == CRASH_NOT_MADE)
            return true;
    return false;
}

static enum status print_one(const struct crash_result *result, struct buffer *out)
{
    enum status st;

    if (result->outcome == CRASH_CAUGHT)
        st = buffer_printf(out, "%-34s %-24s %6.1f s  %s%s\n", result->death, result->layers, (double)result->ms / 1000, result->id,
                           result->has_dump ? "" : "  (no dump)");
    else
        st = buffer_printf(out, "%-34s %s\n", result->death,
                           result->outcome == CRASH_EXCUSED  ? "nobody caught it"
                           : result->outcome == CRASH_MISSED ? "MISSED"
                                                             : "NOT TRIED");
    if (!st && result->why[0])
        st = buffer_printf(out, "%-34s   %s\n", "", result->why);
    return st;
}

enum status crash_print(const struct crash_results *results, struct buffer *out)
{
    enum status st = ST_OK;

    if (results->count)
        st = buffer_printf(out, "\n%-34s %-24s %8s  %s\n", "death", "caught by", "after", "report");
    for (size_t i = 0; !st && i < results->count; i++)
        st = print_one(&results->items[i], out);
    return st;
}

static void write_one(const struct crash_result *result, struct json *json)
{
    bool is_caught = result->outcome == CRASH_CAUGHT;

    json_object_begin(json);
    json_key(json, "kind");
    json_text(json, result->kind);
    json_key(json, "outcome");
    json_text(json, outcomes[result->outcome]);
    json_key(json, "layers");
    json_text(json, is_caught ? result->layers : NULL);
    json_key(json, "ms");
    if (is_caught)
        json_uint(json, result->ms);
    else
        json_none(json);
    json_key(json, "report");
    json_text(json, is_caught ? result->id : NULL);
    json_key(json, "has_dump");
    json_bool(json, result->has_dump);
    json_key(json, "why");
    json_text(json, result->why[0] ? result->why : NULL);
    json_object_end(json);
}

void crash_write_json(const struct crash_results *results, struct json *json)
{
    json_key(json, "crashes");
    json_array_begin(json);
    for (size_t i = 0; i < results->count; i++)
        write_one(&results->items[i], json);
    json_array_end(json);
}
