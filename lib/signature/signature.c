/* signature.c - tags by exception code, the choice of the frames to sign, title and hash. */
#include "signature/signature.h"
#include "base/text.h"
#include "proto/code.h"
#include "signature/normal.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CODE_OUT_OF_MEMORY 0xe0000008u
#define CODE_NO_MEMORY     0xc0000017u
#define FAST_FAIL_PREFIX   "FAST_FAIL_"
#define SENTINEL_DEPTH     32u /* how far from the top one may be */
#define FNV_OFFSET         0xcbf29ce484222325ull
#define MODULE_IN_TITLE    128u

/* What makes one signature. */
struct making {
    const struct signature_rules *rules;
    const struct signature_input *input;
    struct buffer *explain;
    struct signature *ret;
    size_t parts;
};

static void say(const struct making *making, const char *format, ...) BASE_PRINTF(2, 3);
static void say(const struct making *making, const char *format, ...)
{
    char line[1024];
    va_list args;

    if (!making->explain)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    buffer_append(making->explain, line, text_cut(line, strlen(line), sizeof(line) - 1)); /* an explanation that is full just ends */
    buffer_append_byte(making->explain, '\n');
}

static void tag_add(struct signature *signature, const char *text)
{
    if (signature->tag_count < SIGNATURE_MAX_TAGS)
        text_copy(signature->tags[signature->tag_count++], SIGNATURE_TAG_BYTES, text);
}

static void tag_fast_fail(struct signature *signature, uint64_t subcode)
{
    const char *name = code_fast_fail_name(subcode);
    char tag[SIGNATURE_TAG_BYTES];

    if (name && text_starts(name, FAST_FAIL_PREFIX))
        name += strlen(FAST_FAIL_PREFIX);
    if (name)
        snprintf(tag, sizeof(tag), "fastfail %s", name);
    else
        snprintf(tag, sizeof(tag), "fastfail %" PRIu64, subcode);
    tag_add(signature, tag);
}

static void tags_choose(const struct signature_input *input, struct signature *signature)
{
    if (input->no_dump)
        tag_add(signature, "no dump");
    if (input->has_fast_fail)
        tag_fast_fail(signature, input->fast_fail);
    switch (input->exception_code) {
    case CODE_STACK_OVERFLOW:
        tag_add(signature, "stackoverflow");
        break;
    case CODE_HEAP_CORRUPTION:
        tag_add(signature, "heap corruption");
        break;
    case CODE_OUT_OF_MEMORY:
    case CODE_NO_MEMORY:
        tag_add(signature, "OOM");
        break;
    case CODE_HANG:
        tag_add(signature, "hang");
        break;
    default:
        break;
    }
}

/* FNV-1a, 64 bits; fields are kept apart by a byte that no UTF-8 text holds. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * 0x100000001b3ull;
    return (hash ^ 0xff) * 0x100000001b3ull;
}

static uint64_t hash_text_nocase(uint64_t hash, const char *text)
{
    char folded[256];
    size_t size = strlen(text) < sizeof(folded) ? strlen(text) : sizeof(folded);

    for (size_t i = 0; i < size; i++)
        folded[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]);
    return hash_bytes(hash, folded, size);
}

static void title_add(struct signature *signature, const char *format, ...) BASE_PRINTF(2, 3);
static void title_add(struct signature *signature, const char *format, ...)
{
    size_t used = strlen(signature->title);
    char text[SIGNATURE_MAX_TITLE + 1];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    text_copy(signature->title + used, sizeof(signature->title) - used, text);
}

/* -- frames -- */

static void frame_name(const struct signature_frame *frame, char ret[NORMAL_MAX_BYTES])
{
    if (frame->function)
        normal_name(ret, frame->function);
    else
        ret[0] = 0;
}

/* Records that our own handlers make begin inside the handler, which a static library puts into the program's own module. What the program
 * did wrong stands behind the C runtime's frames. */
static size_t handler_end(const struct making *making)
{
    uint32_t code = making->input->exception_code;
    bool is_made = code == CODE_ABORT || code == CODE_INVALID_PARAMETER || code == CODE_PURECALL;

    for (size_t i = 0; is_made && i + 1 < making->input->frame_count && i < SENTINEL_DEPTH; i++)
        if (making->input->frames[i].module && rules_is_system(making->rules, making->input->frames[i].module)) {
            say(making, "%4zu  %s: the walk begins here, what comes before is our handler", i, making->input->frames[i].module);
            return i;
        }
    return 0;
}

/* Where the walk begins: below the deepest sentinel near the top, if there is anything below it. */
static size_t walk_start(const struct making *making)
{
    const struct signature_input *input = making->input;
    size_t start = handler_end(making);
    char name[NORMAL_MAX_BYTES];

    for (size_t i = start; i + 1 < input->frame_count && i < SENTINEL_DEPTH; i++) {
        const char *rule;

        frame_name(&input->frames[i], name);
        rule = *name ? rules_match(making->rules, RULE_SENTINEL, input->frames[i].module, name) : NULL;
        if (!rule)
            continue;
        say(making, "%4zu  %s: sentinel, the walk begins below it (%s)", i, name, rule);
        start = i + 1;
    }
    return start;
}

enum step { STEP_SKIP, STEP_GO_ON, STEP_END };

/* What to do with a frame, and the rule that says so. */
static enum step frame_judge(const struct making *making, const struct signature_frame *frame, const char *name, const char **ret_rule)
{
    bool is_system = frame->module && rules_is_system(making->rules, frame->module);

    *ret_rule = "in no module";
    if (!frame->module)
        return STEP_SKIP;
    *ret_rule = "module of the system, no function known";
    if (!*name)
        return is_system ? STEP_SKIP : STEP_END;
    *ret_rule = rules_match(making->rules, RULE_IRRELEVANT, frame->module, name);
    if (*ret_rule)
        return STEP_SKIP;
    *ret_rule = rules_match(making->rules, RULE_PREFIX, frame->module, name);
    if (*ret_rule)
        return STEP_GO_ON;
    *ret_rule = "module of the system";
    return is_system ? STEP_GO_ON : STEP_END;
}

/* Puts a frame into title and hash; what is hashed does not depend on how much of it fits into the title. */
static void frame_sign(struct making *making, size_t index, const char *name)
{
    const struct signature_frame *frame = &making->input->frames[index];
    struct signature *ret = making->ret;
    char offset[24];

    if (making->parts++)
        title_add(ret, " | ");
    ret->has_frame = true;
    ret->frame = index;
    ret->hash = hash_text_nocase(ret->hash, frame->module);
    if (*name) {
        title_add(ret, "%s", name);
        ret->hash = hash_bytes(ret->hash, name, strlen(name));
        return;
    }
    snprintf(offset, sizeof(offset), "!+0x%" PRIx64, frame->module_offset);
    title_add(ret, "%.*s%s", (int)text_cut(frame->module, strlen(frame->module), MODULE_IN_TITLE), frame->module, offset);
    ret->hash = hash_text_nocase(ret->hash, frame->code_id);
    ret->hash = hash_bytes(ret->hash, offset, strlen(offset));
}

/* Whether the walk is over. */
static bool frame_walk(struct making *making, size_t index)
{
    static const char *const verdicts[] = {"passed over", "kept, and its caller too", "kept, the end"};
    const struct signature_frame *frame = &making->input->frames[index];
    char name[NORMAL_MAX_BYTES];
    const char *rule;
    enum step step;

    frame_name(frame, name);
    step = frame_judge(making, frame, name, &rule);
    if (*name || !frame->module)
        say(making, "%4zu  %s!%s: %s%s%s%s", index, frame->module ? frame->module : "", name, verdicts[step], step == STEP_END ? "" : " (",
            step == STEP_END ? "" : rule, step == STEP_END ? "" : ")");
    else
        say(making, "%4zu  %s!+0x%" PRIx64 ": %s%s", index, frame->module, frame->module_offset, verdicts[step],
            step == STEP_END ? "" : " (module of the system, no function known)");
    if (step != STEP_SKIP)
        frame_sign(making, index, name);
    return step == STEP_END || making->parts == SIGNATURE_MAX_PARTS;
}

/* Nothing of the program's own is on the stack: the innermost frame of any module serves. */
static void any_frame_sign(struct making *making)
{
    char name[NORMAL_MAX_BYTES];

    for (size_t i = 0; i < making->input->frame_count; i++)
        if (making->input->frames[i].module) {
            say(making, "nothing is left: frame %zu serves", i);
            frame_name(&making->input->frames[i], name);
            frame_sign(making, i, name);
            return;
        }
}

static void frames_sign(struct making *making)
{
    bool is_over = false;

    for (size_t i = walk_start(making); i < making->input->frame_count && !is_over; i++)
        is_over = frame_walk(making, i);
    if (!making->parts)
        any_frame_sign(making);
}

static void nothing_sign(const struct signature_input *input, struct signature *signature)
{
    char text[SIGNATURE_MAX_TITLE + 1];

    if (input->no_dump)
        snprintf(text, sizeof(text), "%s 0x%08" PRIx32, input->program ? input->program : "an unknown program", input->exception_code);
    else
        snprintf(text, sizeof(text), "EMPTY: %s", input->why_empty ? input->why_empty : "the stack has no frames");
    title_add(signature, "%s", text);
    signature->hash = hash_text_nocase(signature->hash, input->program ? input->program : "");
    signature->hash = hash_bytes(signature->hash, text, strlen(text));
}

/* What a program or an administrator says takes the place of all that the stack says. */
static void fingerprint_sign(struct making *making)
{
    const char *text = making->input->fingerprint, *hole = strstr(text, SIGNATURE_DEFAULT);
    struct signature *ret = making->ret;
    char before[SIGNATURE_MAX_TITLE + 1];

    say(making, "fingerprint \"%s\" %s", text, hole ? "is put around that" : "takes the place of that");
    text_copy(before, sizeof(before), ret->title);
    ret->title[0] = 0;
    if (!hole) {
        static const uint8_t version = SIGNATURE_VERSION;

        ret->hash = hash_bytes(FNV_OFFSET, &version, 1);
        title_add(ret, "%s", text);
    } else {
        title_add(ret, "%.*s", (int)text_cut(text, (size_t)(hole - text), SIGNATURE_MAX_TITLE), text);
        title_add(ret, "%s", before);
        title_add(ret, "%s", hole + strlen(SIGNATURE_DEFAULT));
    }
    ret->hash = hash_bytes(ret->hash, text, strlen(text));
}

void signature_make(const struct signature_rules *rules, const struct signature_input *input, struct buffer *explain, struct signature *ret)
{
    static const uint8_t version = SIGNATURE_VERSION;
    struct making making = {rules, input, explain, ret, 0};

    memset(ret, 0, sizeof(*ret));
    ret->version = SIGNATURE_VERSION;
    ret->hash = hash_bytes(FNV_OFFSET, &version, 1);
    say(&making, "rules of version %u", SIGNATURE_VERSION);
    tags_choose(input, ret);
    for (size_t i = 0; i < ret->tag_count; i++) {
        say(&making, "tag %s", ret->tags[i]);
        title_add(ret, "%s | ", ret->tags[i]);
        ret->hash = hash_bytes(ret->hash, ret->tags[i], strlen(ret->tags[i]));
    }
    if (!input->no_dump)
        frames_sign(&making);
    if (!ret->has_frame)
        nothing_sign(input, ret);
    if (input->fingerprint && *input->fingerprint)
        fingerprint_sign(&making);
    say(&making, "title %s", ret->title);
    say(&making, "hash %016" PRIx64, ret->hash);
}
