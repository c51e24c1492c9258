/* words.c - see words.h. */
#include "depot/words.h"
#include "base/text.h"
#include <string.h>

#define NAME_BYTES 64

struct reader {
    const char *at, *end;
    struct words *words;
};

static void skip_blanks(struct reader *reader)
{
    while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\r' || *reader->at == '\n'))
        reader->at++;
}

static bool take(struct reader *reader, char c)
{
    skip_blanks(reader);
    if (reader->at == reader->end || *reader->at != c)
        return false;
    reader->at++;
    return true;
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+' || c == '.';
}

/* Copies a text; ret NULL: it is passed over, whatever its length. */
static bool copy(char *ret, size_t ret_size, const char *from, size_t size)
{
    if (!ret)
        return true;
    if (size >= ret_size)
        return false;
    memcpy(ret, from, size);
    ret[size] = 0;
    return true;
}

/* A quoted text, in which nothing is escaped: what would need it is in no name of a symbol file. */
static bool take_quoted(struct reader *reader, char *ret, size_t ret_size)
{
    const char *from = reader->at;
    while (reader->at < reader->end && *reader->at != '"') {
        if ((unsigned char)*reader->at < 0x20 || *reader->at == '\\')
            return false;
        reader->at++;
    }
    return copy(ret, ret_size, from, (size_t)(reader->at - from)) && take(reader, '"');
}

static bool take_word(struct reader *reader, char *ret, size_t ret_size)
{
    if (take(reader, '"'))
        return take_quoted(reader, ret, ret_size);
    const char *from = reader->at;
    while (reader->at < reader->end && is_word_byte(*reader->at))
        reader->at++;
    return reader->at > from && copy(ret, ret_size, from, (size_t)(reader->at - from));
}

/* Where a member's value goes; *ret_size is its room. */
static char *place_of(struct words *words, const char *name, size_t *ret_size)
{
    static const struct {
        const char *snake, *camel;
    } names[] = {{"debug_file", "debugFile"}, {"debug_id", "debugId"}, {"symbol_upload_type", "symbolUploadType"}};
    char *const places[] = {words->debug_file, words->debug_id, words->type};
    const size_t sizes[] = {sizeof words->debug_file, sizeof words->debug_id, sizeof words->type};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i].snake) == 0 || strcmp(name, names[i].camel) == 0) {
            *ret_size = sizes[i];
            return places[i];
        }
    }
    *ret_size = 0;
    return NULL;
}

/* What follows the opening brace. */
static bool take_object(struct reader *reader, unsigned depth)
{
    char name[NAME_BYTES];
    size_t room = 0;
    while (!take(reader, '}')) {
        if (!take_word(reader, name, sizeof name) || !take(reader, ':'))
            return false;
        char *place = place_of(reader->words, name, &room);
        if (take(reader, '{') ? place || depth == WORDS_MAX_DEPTH || !take_object(reader, depth + 1) : !take_word(reader, place, room))
            return false;
        if (!take(reader, ',')) /* one behind the last member is passed over */
            return take(reader, '}');
    }
    return true;
}

bool words_read(struct words *ret, const char *text, size_t size)
{
    struct words words = {.debug_file = ""};
    struct reader reader = {text, text + size, &words};
    bool is_sound = size <= WORDS_MAX_BYTES && take(&reader, '{') && take_object(&reader, 1);
    skip_blanks(&reader);
    if (!is_sound || reader.at != reader.end || !text_is_utf8(words.debug_file, strlen(words.debug_file)))
        return false;
    *ret = words;
    return true;
}
