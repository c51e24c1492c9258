/* signature.c - tags by exception code, the choice of the frame to sign, title and hash. */
#include "signature/signature.h"
#include "base/text.h"
#include "proto/code.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CODE_OUT_OF_MEMORY 0xe0000008u
#define FAST_FAIL_PREFIX   "FAST_FAIL_"
#define SENTINEL_DEPTH     16u /* how far from the top our own abort handler's caller may be */

/* Modules whose frames say how a program ended, not why. */
static const char *const passed_over[] = {
    "ntdll.dll",          "kernelbase.dll",     "kernel32.dll",    "wow64.dll",           "wow64cpu.dll",      "wow64win.dll",
    "ucrtbase.dll",       "ucrtbased.dll",      "msvcrt.dll",      "vcruntime140.dll",    "vcruntime140d.dll", "vcruntime140_1.dll",
    "libgcc_s_seh-1.dll", "libgcc_s_dw2-1.dll", "libstdc++-6.dll", "libwinpthread-1.dll", "salvor.dll",
};

/* The C runtimes that run our handler of abort and its kin. */
static const char *const runtimes[] = {"ucrtbase.dll", "ucrtbased.dll", "msvcrt.dll", "vcruntime140.dll", "vcruntime140d.dll"};

static bool is_listed(const char *const *names, size_t count, const char *module)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal_nocase(names[i], module))
            return true;
    return false;
}
#define IS_LISTED(table, module) is_listed(table, sizeof(table) / sizeof((table)[0]), module)

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
        tag_add(signature, "OOM");
        break;
    case CODE_HANG:
        tag_add(signature, "hang");
        break;
    default:
        break;
    }
}

/* Records that our own handlers make begin inside the handler, which a static library puts into the program's own module. What the program
 * did wrong stands behind the C runtime's frames. */
static size_t frame_start(const struct signature_input *input)
{
    bool made =
        input->exception_code == CODE_ABORT || input->exception_code == CODE_INVALID_PARAMETER || input->exception_code == CODE_PURECALL;
    size_t start = 0;

    for (size_t i = 0; made && i < input->frame_count && i < SENTINEL_DEPTH; i++)
        if (input->frames[i].module && IS_LISTED(runtimes, input->frames[i].module))
            start = i + 1;
    return start < input->frame_count ? start : 0;
}

/* The first frame of the program's own; else the first in any module; else frame_count. */
static size_t frame_choose(const struct signature_input *input)
{
    size_t start = frame_start(input), any = input->frame_count;

    for (size_t i = start; i < input->frame_count; i++) {
        if (!input->frames[i].module)
            continue;
        if (!IS_LISTED(passed_over, input->frames[i].module))
            return i;
        if (any == input->frame_count)
            any = i;
    }
    return any;
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

/* A frame in the title; what is hashed does not depend on how much of it fits there. */
static void frame_sign(const struct signature_frame *frame, struct signature *signature)
{
    char offset[24];

    signature->hash = hash_text_nocase(signature->hash, frame->module);
    if (frame->function) {
        title_add(signature, "%s", frame->function);
        signature->hash = hash_bytes(signature->hash, frame->function, strlen(frame->function));
        return;
    }
    snprintf(offset, sizeof(offset), "!+0x%" PRIx64, frame->module_offset);
    title_add(signature, "%.*s%s", (int)text_cut(frame->module, strlen(frame->module), 128), frame->module, offset);
    signature->hash = hash_text_nocase(signature->hash, frame->code_id);
    signature->hash = hash_bytes(signature->hash, offset, strlen(offset));
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

void signature_make(const struct signature_input *input, struct signature *ret)
{
    static const uint8_t version = SIGNATURE_VERSION;

    memset(ret, 0, sizeof(*ret));
    ret->version = SIGNATURE_VERSION;
    ret->hash = hash_bytes(0xcbf29ce484222325ull, &version, 1);
    tags_choose(input, ret);
    for (size_t i = 0; i < ret->tag_count; i++) {
        title_add(ret, "%s | ", ret->tags[i]);
        ret->hash = hash_bytes(ret->hash, ret->tags[i], strlen(ret->tags[i]));
    }
    ret->frame = input->no_dump ? input->frame_count : frame_choose(input);
    ret->has_frame = ret->frame < input->frame_count;
    if (ret->has_frame)
        frame_sign(&input->frames[ret->frame], ret);
    else
        nothing_sign(input, ret);
}
