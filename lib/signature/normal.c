/* normal.c - one pass over the name for brackets, then the ends are cut. Names come from symbol files: of any shape and length. */
#include "signature/normal.h"
#include "base/text.h"
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define MAX_INPUT_BYTES 4096u
#define MAX_UNBALANCED  16u /* then brackets are plain characters: looking for their ends costs */
#define ANONYMOUS       "(anonymous namespace)"
#define HELD            '\1' /* stands for a blank that parts nothing */

/* Output that silently stops at its end. */
struct writer {
    char *text;
    size_t used, room;
    unsigned unbalanced;
};

static void put(struct writer *writer, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size && writer->used + 1 < writer->room; i++)
        writer->text[writer->used++] = bytes[i];
    writer->text[writer->used] = 0;
}

static bool starts(const char *text, const char *end, const char *word)
{
    size_t size = strlen(word);

    return (size_t)(end - text) >= size && memcmp(text, word, size) == 0;
}

/* The names that compilers give to namespaces without one. */
static size_t anonymous_size(const char *at, const char *end)
{
    static const char *const spellings[] = {ANONYMOUS, "`anonymous namespace'", "`anonymous-namespace'", "{anonymous}"};

    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++)
        if (starts(at, end, spellings[i]))
            return strlen(spellings[i]);
    return 0;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* "operator" and the sign or type behind it, so that "operator<", "operator()" and "operator bool" are one word. 0: something else is here.
 */
static size_t operator_size(const char *begin, const char *at, const char *end)
{
    static const char *const signs[] = {"<=>", "<<=", ">>=", "->*", "()", "[]", "<<", ">>", "<=", ">=", "->", "<", ">"};
    size_t size = strlen("operator");

    if (!starts(at, end, "operator") || (at > begin && is_word(at[-1])) || (at + size < end && is_word(at[size])))
        return 0;
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
        if (starts(at + size, end, signs[i]))
            return size + strlen(signs[i]);
    return size;
}

/* The bracket that closes the one at open; NULL when there is none. Arrows and operators inside are no brackets. */
static const char *closing(const char *open, const char *end, char opener, char closer)
{
    size_t depth = 0;

    for (const char *at = open; at < end; at++) {
        size_t size = operator_size(open, at, end);

        if (size) {
            at += size - 1;
        } else if (starts(at, end, "->")) {
            at++;
        } else if (*at == opener) {
            depth++;
        } else if (*at == closer && --depth == 0) {
            return at;
        }
    }
    return NULL;
}

static const char *closing_of(struct writer *out, const char *open, const char *end, char opener, char closer)
{
    const char *close = *open == opener && out->unbalanced < MAX_UNBALANCED ? closing(open, end, opener, closer) : NULL;

    out->unbalanced += *open == opener && !close;
    return close;
}

/* " as " of Rust's "<Type as Trait>", outside of inner brackets. */
static bool is_rust_impl(const char *open, const char *close)
{
    size_t depth = 0;

    for (const char *at = open; at < close; at++) {
        depth += *at == '<';
        depth -= *at == '>' && depth;
        if (depth == 1 && starts(at, close, " as "))
            return true;
    }
    return starts(open, close, "<impl ");
}

static void copy_part(struct writer *out, const char *begin, const char *end, unsigned depth);

/* What stands between < and >: "<T>", or for Rust's qualified types what it says, since without it every "<T>::fmt" would be one. */
static void copy_angles(struct writer *out, const char *open, const char *close, unsigned depth)
{
    if (!is_rust_impl(open, close) || depth > 4) {
        put(out, "<T>", 3);
        return;
    }
    put(out, "<", 1);
    size_t from = out->used;
    copy_part(out, open + 1, close, depth + 1);
    for (size_t i = from; i < out->used; i++)
        if (out->text[i] == ' ')
            out->text[i] = HELD;
    put(out, ">", 1);
}

/* "operator new", "operator bool": the blank parts nothing. */
static const char *copy_operator(struct writer *out, const char *at, size_t size, const char *end)
{
    put(out, at, size);
    at += size;
    if (at < end && *at == ' ')
        put(out, "\1", 1);
    return at + (at < end && *at == ' ');
}

/* The end of arguments or of a compiler's remark that begin here; NULL when none do. */
static const char *skipped(struct writer *out, const char *at, const char *end)
{
    const char *close = closing_of(out, at, end, '(', ')');

    if (!close && starts(at, end, "[clone "))
        close = memchr(at, ']', (size_t)(end - at));
    return close;
}

/* Copies without arguments and template arguments; blanks that belong to one word are held together. */
static void copy_part(struct writer *out, const char *begin, const char *end, unsigned depth)
{
    for (const char *at = begin, *next; at < end; at = next) {
        size_t held = anonymous_size(at, end), size = held ? 0 : operator_size(begin, at, end);
        const char *close = held || size ? NULL : skipped(out, at, end);

        next = close ? close + 1 : at + 1;
        if (held) {
            put(out, "(anonymous\1namespace)", strlen(ANONYMOUS));
            next = at + held;
        } else if (size) {
            next = copy_operator(out, at, size, end);
        } else if (!close && (close = closing_of(out, at, end, '<', '>')) != NULL) {
            copy_angles(out, at, close, depth);
            next = close + 1;
        } else if (!close && (!isspace((unsigned char)*at) || (out->used && out->text[out->used - 1] != ' '))) {
            put(out, isspace((unsigned char)*at) ? " " : at, 1);
        }
    }
}

static bool cut_end(char *text, size_t *size, const char *ending)
{
    size_t length = strlen(ending);

    if (*size <= length || memcmp(text + *size - length, ending, length) != 0)
        return false;
    *size -= length;
    text[*size] = 0;
    return true;
}

/* ".cold", ".part.0", ".llvm.123": what compilers add when they clone or split a function. */
static bool cut_clone(char *text, size_t *size)
{
    static const char *const marks[] = {".cold", ".part.", ".isra.", ".constprop.", ".llvm.", ".lto_priv."};

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        char *at = strstr(text, marks[i]);

        if (at && at != text && !at[strlen(marks[i]) + strspn(at + strlen(marks[i]), "0123456789.")]) {
            *at = 0;
            *size = (size_t)(at - text);
            return true;
        }
    }
    return false;
}

static bool cut_rust_hash(char *text, size_t *size)
{
    if (*size <= 19 || memcmp(text + *size - 19, "::h", 3) != 0 || strspn(text + *size - 16, "0123456789abcdef") != 16)
        return false;
    *size -= 19;
    text[*size] = 0;
    return true;
}

static void cut_ends(char *text)
{
    static const char *const qualifiers[] = {" ", " const", " volatile", " noexcept", " &", "&&"};
    size_t size = strlen(text);
    bool more = true;

    while (more) {
        more = cut_clone(text, &size) || cut_rust_hash(text, &size);
        for (size_t i = 0; i < sizeof(qualifiers) / sizeof(qualifiers[0]) && !more; i++)
            more = cut_end(text, &size, qualifiers[i]);
    }
}

/* A return type stands before the last blank that is held by nothing. */
static void cut_return_type(char *text)
{
    char *blank = strrchr(text, ' ');

    if (blank && blank[1])
        memmove(text, blank + 1, strlen(blank + 1) + 1);
    for (char *c = text; *c; c++)
        *c = *c == HELD ? ' ' : *c;
}

void normal_name(char ret[NORMAL_MAX_BYTES], const char *name)
{
    struct writer out = {ret, 0, NORMAL_MAX_BYTES, 0};
    size_t size = strlen(name);

    ret[0] = 0;
    copy_part(&out, name, name + (size < MAX_INPUT_BYTES ? size : MAX_INPUT_BYTES), 0);
    cut_ends(ret);
    cut_return_type(ret);
    ret[text_cut(ret, strlen(ret), NORMAL_MAX_BYTES - 1)] = 0;
}
