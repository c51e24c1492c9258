/* rules.c - reads rules and matches names. Each expression is its own, so that --explain can say which one it was. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "signature/rules.h"
#include "base/buffer.h"
#include "base/text.h"
#include "signature/defaults.h"
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MATCH_LIMIT    100000u
#define DEPTH_LIMIT    1000u
#define HEAP_LIMIT_KIB 8192u
#define MAX_LINE_BYTES 4096u
#define MAX_NAME_BYTES 2048u
#define MAX_MODULE     256u

struct rule {
    char *text;
    pcre2_code *code;
};

struct rule_list {
    struct rule *rules;
    size_t count;
};

struct module_rule {
    char name[MAX_MODULE];
    bool is_system;
};

struct signature_rules {
    struct rule_list lists[RULE_KINDS];
    struct module_rule *modules;
    size_t module_count;
    pcre2_match_context *limits;
    pcre2_match_data *match;
};

static const char *const kind_words[RULE_KINDS] = {"irrelevant", "prefix", "sentinel"};

static void list_clear(struct rule_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        pcre2_code_free(list->rules[i].code);
        free(list->rules[i].text);
    }
    free(list->rules);
    *list = (struct rule_list){NULL, 0};
}

void signature_rules_free(struct signature_rules *rules)
{
    if (!rules)
        return;
    for (unsigned i = 0; i < RULE_KINDS; i++)
        list_clear(&rules->lists[i]);
    free(rules->modules);
    pcre2_match_data_free(rules->match);
    pcre2_match_context_free(rules->limits);
    free(rules);
}

/* Room for one more item, in steps of powers of two. */
static enum status grow(void *items, size_t count, size_t size)
{
    void **array = items;
    void *more;

    if (count == RULES_MAX)
        return ST_TOO_LARGE;
    if (count & (count - 1))
        return ST_OK;
    more = realloc(*array, (count ? count * 2 : 1) * size);
    if (!more)
        return ST_MEMORY;
    *array = more;
    return ST_OK;
}

static enum status rule_add(struct rule_list *list, const char *expression, char message[RULES_MESSAGE_BYTES])
{
    int error = 0;
    PCRE2_SIZE at = 0;
    struct rule rule = {
        NULL, pcre2_compile((PCRE2_SPTR)expression, PCRE2_ZERO_TERMINATED, PCRE2_ANCHORED | PCRE2_NEVER_BACKSLASH_C, &error, &at, NULL)};
    enum status status;

    if (!rule.code) {
        char why[128] = "";

        pcre2_get_error_message(error, (PCRE2_UCHAR *)why, sizeof(why));
        snprintf(message, RULES_MESSAGE_BYTES, "the expression is not understood at character %zu: %s", at + 1, why);
        return ST_FORMAT;
    }
    rule.text = malloc(strlen(expression) + 1);
    status = rule.text ? grow(&list->rules, list->count, sizeof(*list->rules)) : ST_MEMORY;
    if (status != ST_OK) {
        pcre2_code_free(rule.code);
        free(rule.text);
        return status;
    }
    memcpy(rule.text, expression, strlen(expression) + 1);
    list->rules[list->count++] = rule;
    return ST_OK;
}

static enum status module_add(struct signature_rules *rules, const char *name, bool is_system, char message[RULES_MESSAGE_BYTES])
{
    enum status status = grow(&rules->modules, rules->module_count, sizeof(*rules->modules));

    if (status != ST_OK)
        return status;
    if (!*name || !text_copy(rules->modules[rules->module_count].name, MAX_MODULE, name)) {
        snprintf(message, RULES_MESSAGE_BYTES, "a module's name is missing or too long");
        return ST_FORMAT;
    }
    rules->modules[rules->module_count++].is_system = is_system;
    return ST_OK;
}

static enum status clear(struct signature_rules *rules, const char *what, char message[RULES_MESSAGE_BYTES])
{
    for (unsigned i = 0; i < RULE_KINDS; i++)
        if (strcmp(what, kind_words[i]) == 0) {
            list_clear(&rules->lists[i]);
            return ST_OK;
        }
    if (strcmp(what, "module") == 0) {
        rules->module_count = 0;
        free(rules->modules);
        rules->modules = NULL;
        return ST_OK;
    }
    snprintf(message, RULES_MESSAGE_BYTES, "clear takes irrelevant, prefix, sentinel or module");
    return ST_FORMAT;
}

/* One line: a word, blanks, and the rest. */
static enum status line_read(struct signature_rules *rules, char *line, char message[RULES_MESSAGE_BYTES])
{
    char *rest = line + strcspn(line, " \t");

    if (*rest)
        *rest++ = 0;
    rest += strspn(rest, " \t");
    if (!*line || *line == '#')
        return ST_OK;
    if (!*rest) {
        snprintf(message, RULES_MESSAGE_BYTES, "\"%.32s\" has nothing behind it", line);
        return ST_FORMAT;
    }
    for (unsigned i = 0; i < RULE_KINDS; i++)
        if (strcmp(line, kind_words[i]) == 0)
            return rule_add(&rules->lists[i], rest, message);
    if (strcmp(line, "module") == 0 || strcmp(line, "own") == 0)
        return module_add(rules, rest, *line == 'm', message);
    if (strcmp(line, "clear") == 0)
        return clear(rules, rest, message);
    snprintf(message, RULES_MESSAGE_BYTES, "\"%.32s\" is none of irrelevant, prefix, sentinel, module, own, clear", line);
    return ST_FORMAT;
}

/* Copies a line without the blanks at its end; false when it is too long. */
static bool line_copy(char ret[MAX_LINE_BYTES], const char *text, size_t size)
{
    while (size && (unsigned char)text[size - 1] <= ' ')
        size--;
    while (size && (unsigned char)*text <= ' ') {
        text++;
        size--;
    }
    if (size >= MAX_LINE_BYTES || memchr(text, 0, size))
        return false;
    memcpy(ret, text, size);
    ret[size] = 0;
    return true;
}

static enum status text_read(struct signature_rules *rules, const char *text, size_t size, char message[RULES_MESSAGE_BYTES])
{
    char line[MAX_LINE_BYTES], why[RULES_MESSAGE_BYTES - 32] = "it is too long, or binary";
    enum status status = ST_OK;

    for (unsigned number = 1; size && status == ST_OK; number++) {
        const char *end = memchr(text, '\n', size);
        size_t length = end ? (size_t)(end - text) : size;
        char found[RULES_MESSAGE_BYTES] = "";

        status = line_copy(line, text, length) ? line_read(rules, line, found) : ST_FORMAT;
        if (status == ST_FORMAT)
            snprintf(message, RULES_MESSAGE_BYTES, "line %u: %.200s", number, *found ? found : why);
        length += end != NULL;
        text += length;
        size -= length;
    }
    return status;
}

static enum status defaults_read(struct signature_rules *rules, char message[RULES_MESSAGE_BYTES])
{
    enum status status = ST_OK;

    for (const char *const *text = signature_defaults; *text && status == ST_OK; text++)
        status = text_read(rules, *text, strlen(*text), message);
    return status;
}

static enum status matcher_make(struct signature_rules *rules)
{
    rules->limits = pcre2_match_context_create(NULL);
    rules->match = pcre2_match_data_create(1, NULL);
    if (!rules->limits || !rules->match)
        return ST_MEMORY;
    pcre2_set_match_limit(rules->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(rules->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(rules->limits, HEAP_LIMIT_KIB);
    return ST_OK;
}

enum status signature_rules_create(struct signature_rules **ret, const char *text, size_t size, char ret_message[RULES_MESSAGE_BYTES])
{
    struct signature_rules *rules = calloc(1, sizeof(*rules));
    enum status status = rules ? matcher_make(rules) : ST_MEMORY;

    snprintf(ret_message, RULES_MESSAGE_BYTES, "out of memory, or too many rules");
    if (status == ST_OK)
        status = defaults_read(rules, ret_message);
    if (status == ST_OK && text)
        status = size <= RULES_MAX_FILE_BYTES ? text_read(rules, text, size, ret_message) : ST_TOO_LARGE;
    if (status != ST_OK) {
        signature_rules_free(rules);
        return status;
    }
    *ret = rules;
    return ST_OK;
}

static bool matches(const struct signature_rules *rules, const struct rule *rule, const char *name)
{
    return pcre2_match(rule->code, (PCRE2_SPTR)name, strlen(name), 0, 0, rules->match, rules->limits) >= 0; /* also not at a limit */
}

const char *rules_match(const struct signature_rules *rules, enum rule_kind kind, const char *module, const char *function)
{
    const struct rule_list *list = &rules->lists[kind];
    char whole[MAX_NAME_BYTES];

    snprintf(whole, sizeof(whole), "%.255s!%s", module ? module : "", function);
    for (char *c = whole; *c && *c != '!'; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    for (size_t i = 0; i < list->count; i++)
        if (matches(rules, &list->rules[i], function) || matches(rules, &list->rules[i], whole))
            return list->rules[i].text;
    return NULL;
}

bool rules_is_system(const struct signature_rules *rules, const char *module)
{
    for (size_t i = rules->module_count; i > 0; i--) /* the last word counts */
        if (text_equal_nocase(rules->modules[i - 1].name, module))
            return rules->modules[i - 1].is_system;
    return false;
}
