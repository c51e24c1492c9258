/* option.c - one table, four sources. Every source ends in set_value, so a value means the same wherever it was written. */
#include "base/option.h"
#include "base/file.h"
#include "base/registry.h"
#include "base/text.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTION_FILE_BYTES    (1u << 20)
#define OPTION_VALUE_BYTES   ((size_t)64 * 1024)
#define OPTION_MESSAGE_BYTES 4096
#define OPTION_HELP_COLUMN   30

struct text_node {
    struct text_node *next;
    char text[];
};

struct option_set {
    const struct option *table;
    size_t count;
    unsigned source;       /* counts parse calls */
    unsigned *list_source; /* per option: the source whose items its list holds; a later one starts anew */
    const char ***items;   /* per option: a list's array */
    char **examples;       /* per option: a text's default, for messages */
    const char **rest;     /* the last command line's */
    struct text_node *texts;
    struct buffer message;
};

enum status option_set_create(struct option_set **ret, const struct option *table, size_t count)
{
    struct option_set *set = calloc(1, sizeof *set);
    if (!set)
        return ST_MEMORY;
    set->table = table;
    set->count = count;
    buffer_init(&set->message, OPTION_MESSAGE_BYTES);
    set->list_source = calloc(count + 1, sizeof *set->list_source);
    set->items = calloc(count + 1, sizeof *set->items);
    set->examples = calloc(count + 1, sizeof *set->examples);
    bool made = set->list_source && set->items && set->examples;
    for (size_t i = 0; i < count && made; i++) {
        const char *text = table[i].type == OPTION_TEXT ? *(const char **)table[i].target : NULL;
        if (!text || !*text)
            continue;
        size_t size = strlen(text) + 1;
        set->examples[i] = malloc(size);
        made = set->examples[i] != NULL;
        if (made)
            memcpy(set->examples[i], text, size);
    }
    if (!made) {
        option_set_free(set);
        return ST_MEMORY;
    }
    *ret = set;
    return ST_OK;
}

void option_set_free(struct option_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->count; i++) {
        if (set->items)
            free((void *)set->items[i]);
        if (set->examples)
            free(set->examples[i]);
    }
    while (set->texts) {
        struct text_node *next = set->texts->next;
        free(set->texts);
        set->texts = next;
    }
    free((void *)set->items);
    free(set->examples);
    free(set->list_source);
    free((void *)set->rest);
    buffer_done(&set->message);
    free(set);
}

/* Where a value came from, as the user knows it: "--listen", "/etc/salvor.conf:3: listen", "HKLM\SOFTWARE\Salvor\listen". */
struct origin {
    const char *prefix, *name;
};

static enum status BASE_PRINTF(3, 4) complain(struct option_set *set, enum status status, const char *format, ...)
{
    va_list args;
    buffer_reset(&set->message);
    va_start(args, format);
    if (buffer_vprintf(&set->message, format, args))
        buffer_append_text(&set->message, "a message is too long to be shown");
    va_end(args);
    return status;
}

static const char *message_of(struct option_set *set, enum status status)
{
    return status == ST_MEMORY ? "out of memory" : buffer_text(&set->message);
}

static char *keep_text(struct option_set *set, const char *text, size_t size)
{
    struct text_node *node = malloc(sizeof *node + size + 1);
    if (!node)
        return NULL;
    memcpy(node->text, text, size);
    node->text[size] = 0;
    node->next = set->texts;
    set->texts = node;
    return node->text;
}

static void format_number(char *ret, size_t ret_size, enum option_type type, uint64_t value)
{
    static const struct {
        enum option_type type;
        uint64_t factor;
        const char *unit;
    } units[] = {{OPTION_SIZE, 1ull << 30, "g"},   {OPTION_SIZE, 1ull << 20, "m"},  {OPTION_SIZE, 1ull << 10, "k"},
                 {OPTION_DURATION, 86400000, "d"}, {OPTION_DURATION, 3600000, "h"}, {OPTION_DURATION, 60000, "m"},
                 {OPTION_DURATION, 1000, "s"},     {OPTION_DURATION, 1, "ms"}};
    const char *unit = "";
    uint64_t factor = 1;
    for (size_t i = sizeof units / sizeof units[0]; i-- > 0;) {
        if (units[i].type == type && value && value % units[i].factor == 0) {
            unit = units[i].unit;
            factor = units[i].factor;
        }
    }
    snprintf(ret, ret_size, "%" PRIu64 "%s", value / factor, value || type != OPTION_DURATION ? unit : "s");
}

static const char *kind_of(enum option_type type)
{
    switch (type) {
    case OPTION_SIZE:
        return "a size, such as 10m";
    case OPTION_DURATION:
        return "a duration, such as 30s";
    case OPTION_FLAG:
        return "yes or no";
    default:
        return "a number";
    }
}

static bool parse_flag(const char *text, bool *ret)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (text_equal_nocase(text, words[i])) {
            *ret = i % 2;
            return true;
        }
    }
    return false;
}

static enum status set_flag(struct option_set *set, const struct option *option, const char *text, struct origin origin)
{
    bool value;
    if (!parse_flag(text, &value))
        return complain(set, ST_ARGUMENT, "%s%s must be yes or no, not \"%s\"", origin.prefix, origin.name, text);
    *(bool *)option->target = value;
    return ST_OK;
}

static enum status set_number(struct option_set *set, const struct option *option, const char *text, struct origin origin)
{
    uint64_t value;
    bool parsed = option->type == OPTION_SIZE       ? text_parse_size(text, &value)
                  : option->type == OPTION_DURATION ? text_parse_duration(text, &value)
                                                    : text_parse_u64(text, &value);
    char low[32], high[32];
    if (!parsed)
        return complain(set, ST_ARGUMENT, "%s%s must be %s, not \"%s\"", origin.prefix, origin.name, kind_of(option->type), text);
    format_number(low, sizeof low, option->type, option->min);
    format_number(high, sizeof high, option->type, option->max);
    if (option->max && (value < option->min || value > option->max))
        return complain(set, ST_ARGUMENT, "%s%s must be between %s and %s, not %s", origin.prefix, origin.name, low, high, text);
    if (value < option->min)
        return complain(set, ST_ARGUMENT, "%s%s must be at least %s, not %s", origin.prefix, origin.name, low, text);
    *(uint64_t *)option->target = value;
    return ST_OK;
}

static enum status add_item(struct option_set *set, const struct option *option, const char *item)
{
    size_t index = (size_t)(option - set->table);
    struct option_list *list = option->target;
    size_t kept = set->list_source[index] == set->source ? list->count : 0;
    const char **items = realloc((void *)set->items[index], (kept + 1) * sizeof *items);
    if (!items)
        return ST_MEMORY;
    items[kept] = item;
    set->items[index] = items;
    set->list_source[index] = set->source;
    *list = (struct option_list){.items = items, .count = kept + 1};
    return ST_OK;
}

static enum status set_value(struct option_set *set, const struct option *option, const char *text, struct origin origin)
{
    switch (option->type) {
    case OPTION_FLAG:
        return set_flag(set, option, text, origin);
    case OPTION_NUMBER:
    case OPTION_SIZE:
    case OPTION_DURATION:
        return set_number(set, option, text, origin);
    case OPTION_TEXT:
    case OPTION_LIST:
        break;
    }
    const char *kept = keep_text(set, text, strlen(text));
    if (!kept)
        return ST_MEMORY;
    if (option->type == OPTION_LIST)
        return add_item(set, option, kept);
    *(const char **)option->target = kept;
    return ST_OK;
}

static const struct option *find(const struct option_set *set, const char *name, size_t size)
{
    for (size_t i = 0; i < set->count; i++) {
        if (strlen(set->table[i].name) == size && memcmp(set->table[i].name, name, size) == 0)
            return &set->table[i];
    }
    return NULL;
}

/* Levenshtein's distance, names of ordinary length only. */
static size_t distance(const char *a, size_t a_size, const char *b)
{
    size_t row[65], b_size = strlen(b);
    if (b_size >= sizeof row / sizeof row[0])
        return SIZE_MAX;
    for (size_t j = 0; j <= b_size; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t best = corner + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            corner = row[j];
            row[j] = best;
        }
    }
    return row[b_size];
}

/* The table's name, or flag's name, that is most like what was typed; NULL when none is. */
static const char *nearest(const struct option_set *set, const char *name, size_t size, bool flags_only)
{
    const char *best = NULL;
    size_t best_distance = size / 3 + 2;
    for (size_t i = 0; i < set->count && size <= 64; i++) {
        if (flags_only && set->table[i].type != OPTION_FLAG)
            continue;
        size_t now = distance(name, size, set->table[i].name);
        if (now < best_distance) {
            best_distance = now;
            best = set->table[i].name;
        }
    }
    return best;
}

/* before is what was typed before the name: "--", "--no-" or nothing. */
static enum status unknown(struct option_set *set, const char *origin, const char *what, const char *before, const char *name, size_t size)
{
    const char *near_name = nearest(set, name, size, text_ends_nocase(before, "no-"));
    int shown = size < 64 ? (int)size : 64;
    if (near_name)
        return complain(set, ST_ARGUMENT, "%sunknown %s %s%.*s; did you mean %s%s?", origin, what, before, shown, name, before, near_name);
    return complain(set, ST_ARGUMENT, "%sunknown %s %s%.*s", origin, what, before, shown, name);
}

static enum status missing_value(struct option_set *set, const struct option *option)
{
    const char *example = set->examples[option - set->table];
    if (option->type == OPTION_TEXT && example)
        return complain(set, ST_ARGUMENT, "--%s needs a value, such as %s", option->name, example);
    if (option->type == OPTION_TEXT || option->type == OPTION_LIST)
        return complain(set, ST_ARGUMENT, "--%s needs a value: --%s %s", option->name, option->name,
                        option->metavar ? option->metavar : "VALUE");
    return complain(set, ST_ARGUMENT, "--%s needs a value: %s", option->name, kind_of(option->type));
}

/* Takes `--name`, `--name=value`, `--name value` or `--no-name` at argv[*at]; leaves *at on the last argument it used. */
static enum status parse_option(struct option_set *set, int argc, char **argv, int *at)
{
    const char *name = argv[*at] + 2, *value = NULL;
    size_t size = strcspn(name, "=");
    const struct option *option = find(set, name, size);
    if (name[size] == '=')
        value = name + size + 1;
    if (!option && !value && text_starts(name, "no-")) {
        option = find(set, name + 3, size - 3);
        if (option && option->type == OPTION_FLAG)
            value = "no";
        else
            option = NULL;
    } else if (option && option->type == OPTION_FLAG && !value) {
        value = "yes";
    }
    if (!option && text_starts(name, "no-"))
        return unknown(set, "", "option", "--no-", name + 3, size - 3);
    if (!option)
        return unknown(set, "", "option", "--", name, size);
    if (!value) {
        /* `--listen --data X` is a forgotten value far more often than a value with two dashes; that one can be given behind '='. */
        if (*at + 1 >= argc || text_starts(argv[*at + 1], "--"))
            return missing_value(set, option);
        value = argv[++*at];
    }
    char origin[80];
    snprintf(origin, sizeof origin, "--%s", option->name);
    if (!text_is_utf8(value, strlen(value)) && option->type != OPTION_TEXT && option->type != OPTION_LIST)
        return complain(set, ST_ARGUMENT, "%s is not valid UTF-8", origin);
    return set_value(set, option, value, (struct origin){"", origin});
}

enum status option_parse_arguments(struct option_set *set, int argc, char **argv, struct option_list *ret_rest, const char **ret_message)
{
    enum status status = ST_OK;
    size_t count = 0;
    bool options = true;
    set->source++;
    const char **rest = realloc((void *)set->rest, ((size_t)(argc > 0 ? argc : 0) + 1) * sizeof *rest);
    if (!rest) {
        *ret_message = message_of(set, ST_MEMORY);
        return ST_MEMORY;
    }
    set->rest = rest;
    for (int i = 1; i < argc && !status; i++) {
        if (options && strcmp(argv[i], "--") == 0)
            options = false;
        else if (options && text_starts(argv[i], "--"))
            status = parse_option(set, argc, argv, &i);
        else if (options && argv[i][0] == '-' && argv[i][1])
            status = complain(set, ST_ARGUMENT, "unknown option %s: options begin with two dashes (--help lists them)", argv[i]);
        else
            rest[count++] = argv[i];
    }
    if (status) {
        *ret_message = message_of(set, status);
        return status;
    }
    rest[count] = NULL;
    *ret_rest = (struct option_list){.items = rest, .count = count};
    return ST_OK;
}

static char *trimmed(char *text)
{
    char *end = text + strlen(text);
    while (end > text && strchr(" \t\r", end[-1]))
        *--end = 0;
    return text + strspn(text, " \t");
}

static enum status parse_line(struct option_set *set, char *line, const char *origin)
{
    line = trimmed(line);
    if (!*line || *line == '#')
        return ST_OK;
    char *sign = strchr(line, '=');
    if (!sign)
        return complain(set, ST_FORMAT, "%swants `name = value`, not \"%.64s\"", origin, line);
    *sign = 0;
    char *name = trimmed(line), *value = trimmed(sign + 1);
    const struct option *option = find(set, name, strlen(name));
    if (!option)
        return unknown(set, origin, "setting", "", name, strlen(name));
    return set_value(set, option, value, (struct origin){origin, option->name});
}

static enum status parse_text(struct option_set *set, const char *path, struct buffer *text)
{
    if (!text_is_utf8(buffer_text(text), text->len) || strlen(buffer_text(text)) != text->len)
        return complain(set, ST_FORMAT, "%s is not UTF-8 text", path);
    struct buffer origin;
    buffer_init(&origin, OPTION_MESSAGE_BYTES);
    char *line = text->len ? (char *)text->data : NULL;
    if (line && text_starts(line, "\xef\xbb\xbf"))
        line += 3;
    enum status status = ST_OK;
    for (unsigned number = 1; line && !status; number++) {
        char *end = strchr(line, '\n');
        if (end)
            *end = 0;
        buffer_reset(&origin);
        status = buffer_printf(&origin, "%s:%u: ", path, number);
        if (!status)
            status = parse_line(set, line, buffer_text(&origin));
        line = end ? end + 1 : NULL;
    }
    buffer_done(&origin);
    return status;
}

enum status option_parse_file(struct option_set *set, const char *path, const char **ret_message)
{
    struct buffer text;
    set->source++;
    buffer_init(&text, OPTION_FILE_BYTES);
    enum status status = file_read_whole(path, OPTION_FILE_BYTES, &text);
    if (status)
        complain(set, status, "cannot read the settings in %s: %s", path, status_text(status));
    else
        status = parse_text(set, path, &text);
    buffer_done(&text);
    if (status)
        *ret_message = message_of(set, status);
    return status;
}

static enum status set_items(struct option_set *set, const struct option *option, char *text, struct origin origin)
{
    enum status status = ST_OK;
    for (char *item = text; item && !status;) {
        char *end = strchr(item, ';');
        if (end)
            *end = 0;
        if (*item)
            status = set_value(set, option, item, origin);
        item = end ? end + 1 : NULL;
    }
    return status;
}

/* A REG_DWORD counts in the type's unit (seconds for a duration), as a bare number in a file does. */
static enum status registry_value(struct option_set *set, const struct option *option, const char *key, struct origin origin)
{
    bool text_only = option->type == OPTION_TEXT || option->type == OPTION_LIST;
    struct buffer text;
    uint32_t number;
    buffer_init(&text, OPTION_VALUE_BYTES);
    enum status status = text_only ? ST_FORMAT : registry_read_u32(key, option->name, &number);
    if (!status)
        status = buffer_printf(&text, "%" PRIu32, option->type == OPTION_FLAG ? number != 0 : number);
    else if (status == ST_FORMAT)
        status = registry_read_text(key, option->name, &text);
    if (status == ST_FORMAT)
        complain(set, status, "%s%s must be of type %s", origin.prefix, origin.name, text_only ? "REG_SZ" : "REG_DWORD or REG_SZ");
    else if (status && status != ST_NOT_FOUND)
        complain(set, status, "cannot read %s%s: %s", origin.prefix, origin.name, status_text(status));
    else if (!status && option->type == OPTION_LIST)
        status = set_items(set, option, (char *)text.data, origin);
    else if (!status)
        status = set_value(set, option, buffer_text(&text), origin);
    buffer_done(&text);
    return status == ST_NOT_FOUND ? ST_OK : status;
}

enum status option_parse_registry(struct option_set *set, const char *key, const char **ret_message)
{
    struct buffer prefix;
    set->source++;
    buffer_init(&prefix, OPTION_MESSAGE_BYTES);
    enum status status = buffer_printf(&prefix, "HKLM\\%s\\", key);
    for (size_t i = 0; i < set->count && !status; i++)
        status = registry_value(set, &set->table[i], key, (struct origin){buffer_text(&prefix), set->table[i].name});
    buffer_done(&prefix);
    if (status)
        *ret_message = message_of(set, status);
    return status;
}

enum status option_help(struct buffer *out, const struct option *table, size_t count)
{
    enum status status = ST_OK;
    for (size_t i = 0; i < count && !status; i++) {
        size_t start = out->len;
        bool flag = table[i].type == OPTION_FLAG;
        status = buffer_printf(out, "  --%s%s%s", table[i].name, flag ? "" : " ",
                               flag               ? ""
                               : table[i].metavar ? table[i].metavar
                                                  : "VALUE");
        int gap = status || out->len - start >= OPTION_HELP_COLUMN - 1 ? 1 : (int)(OPTION_HELP_COLUMN - (out->len - start));
        if (!status)
            status = buffer_printf(out, "%*s%s", gap, "", table[i].help);
        bool number = table[i].type == OPTION_NUMBER || table[i].type == OPTION_SIZE || table[i].type == OPTION_DURATION;
        char value[32];
        if (number)
            format_number(value, sizeof value, table[i].type, *(const uint64_t *)table[i].target);
        if (!status && number)
            status = buffer_printf(out, " (default %s)", value);
        if (!status)
            status = buffer_append_text(out, "\n");
    }
    return status;
}
