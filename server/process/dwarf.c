/* dwarf.c - asks the keeper, reads the tool's verbose text, and remembers every answer, also the empty ones. */
#include "process/dwarf.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "process/keeper.h"
#include "process/mapping.h"
#include "symbols/pe.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS          4096u
#define TOOL             "llvm-symbolizer"
#define NEWEST_TOOL      30u
#define OLDEST_TOOL      14u
#define MAX_PATH_BYTES   8192u
#define MAX_LENGTH_BYTES 16u

struct answer {
    struct answer *next;
    char *image;
    uint32_t rva;
    char *text; /* the tool's lines, cut into texts in place */
    struct symbol_frame *frames;
    size_t count;
};

struct dwarf {
    char *program, *tool;
    struct process *keeper;
    bool is_lost; /* the keeper ended: nothing is asked any more */
    struct answer *buckets[BUCKETS];
    size_t answers;
};

static bool is_file(const char *path)
{
    struct file_info info;
    char *real = realpath(path, NULL); /* distributions link to it */
    bool is = real && file_stat(real, &info) == ST_OK && info.is_regular;

    free(real);
    return is;
}

static bool find_in(const char *folder, size_t size, struct buffer *out)
{
    for (unsigned version = NEWEST_TOOL + 1; version >= OLDEST_TOOL; version--) {
        buffer_reset(out);
        if (version > NEWEST_TOOL ? buffer_printf(out, "%.*s/" TOOL, (int)size, folder)
                                  : buffer_printf(out, "%.*s/" TOOL "-%u", (int)size, folder, version))
            return false;
        if (is_file(buffer_text(out)))
            return true;
    }
    return false;
}

enum status dwarf_find_tool(struct buffer *out)
{
    const char *path = getenv("PATH");

    while (path && *path) {
        size_t size = strcspn(path, ":");

        if (size && *path == '/' && find_in(path, size, out))
            return ST_OK;
        path += size + (path[size] == ':');
    }
    buffer_reset(out);
    return ST_NOT_FOUND;
}

enum status dwarf_create(struct dwarf **ret, const char *program_path, const char *tool_path)
{
    struct dwarf *dwarf = calloc(1, sizeof(*dwarf));

    if (!dwarf)
        return ST_MEMORY;
    dwarf->program = strdup(program_path);
    dwarf->tool = tool_path ? strdup(tool_path) : NULL;
    if (!dwarf->program || (tool_path && !dwarf->tool)) {
        dwarf_free(dwarf);
        return ST_MEMORY;
    }
    *ret = dwarf;
    return ST_OK;
}

static void answers_forget(struct dwarf *dwarf)
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct answer *answer = dwarf->buckets[i], *next; answer; answer = next) {
            next = answer->next;
            free(answer->image);
            free(answer->text);
            free(answer->frames);
            free(answer);
        }
    memset(dwarf->buckets, 0, sizeof(dwarf->buckets));
    dwarf->answers = 0;
}

static void keeper_end(struct dwarf *dwarf)
{
    uint32_t code;

    dwarf->is_lost = true;
    if (!dwarf->keeper)
        return;
    file_close(process_stdin(dwarf->keeper));
    if (process_wait(dwarf->keeper, KEEPER_TIMEOUT_MS, &code) == ST_TIMEOUT)
        process_kill(dwarf->keeper);
    process_free(dwarf->keeper);
    dwarf->keeper = NULL;
}

void dwarf_free(struct dwarf *dwarf)
{
    if (!dwarf)
        return;
    keeper_end(dwarf);
    answers_forget(dwarf);
    free(dwarf->program);
    free(dwarf->tool);
    free(dwarf);
}

void dwarf_settle(struct dwarf *dwarf)
{
    if (dwarf->answers > DWARF_MAX_ANSWERS)
        answers_forget(dwarf);
}

static enum status tool_find(struct dwarf *dwarf)
{
    struct buffer path;
    enum status status;

    buffer_init(&path, MAX_PATH_BYTES);
    status = dwarf_find_tool(&path);
    if (status == ST_OK)
        dwarf->tool = buffer_take(&path);
    buffer_done(&path);
    return status;
}

enum status dwarf_start(struct dwarf *dwarf)
{
    const char *argv[] = {dwarf->program, DWARF_KEEPER_COMMAND, NULL, NULL};
    const struct process_options options = {.argv = argv, .pipe_stdin = true, .pipe_stdout = true};
    enum status status;

    if (dwarf->keeper || dwarf->is_lost)
        return ST_OK;
    status = dwarf->tool ? ST_OK : tool_find(dwarf);
    argv[2] = dwarf->tool;
    if (status == ST_OK)
        status = process_start(&dwarf->keeper, &options);
    dwarf->is_lost = status != ST_OK;
    return status;
}

/* -- one question -- */

static bool read_exactly(struct file *file, char *ret, size_t size)
{
    size_t got = 0;

    for (size_t done = 0; done < size; done += got)
        if (file_read(file, ret + done, size - done, &got) != ST_OK || !got)
            return false;
    return true;
}

static bool read_length(struct file *file, uint64_t *ret)
{
    char text[MAX_LENGTH_BYTES];

    for (size_t i = 0; i < sizeof(text); i++) {
        if (!read_exactly(file, text + i, 1))
            return false;
        if (text[i] == '\n') {
            text[i] = 0;
            return text_parse_u64(text, ret) && *ret <= KEEPER_MAX_ANSWER_BYTES;
        }
    }
    return false;
}

/* The tool's text for one address; NULL when there is none. A keeper that does not answer in form is given up. */
static char *keeper_ask(struct dwarf *dwarf, const char *image, uint32_t rva)
{
    char line[KEEPER_MAX_LINE_BYTES];
    int size = snprintf(line, sizeof(line), "%" PRIx32 " %s\n", rva, image);
    uint64_t length = 0;
    char *text = NULL;

    if (size < 0 || (size_t)size >= sizeof(line) || strpbrk(image, "\"\r\n") || dwarf_start(dwarf) != ST_OK || !dwarf->keeper)
        return NULL;
    if (file_write(process_stdin(dwarf->keeper), line, (size_t)size) == ST_OK && read_length(process_stdout(dwarf->keeper), &length))
        text = malloc((size_t)length + 1);
    if (!text || !read_exactly(process_stdout(dwarf->keeper), text, (size_t)length)) {
        free(text);
        keeper_end(dwarf);
        return NULL;
    }
    text[length] = 0;
    return text;
}

/* -- the tool's text: a function's name on a line, then "  Key: value" lines -- */

static const char *known(const char *text)
{
    return strcmp(text, "??") == 0 ? "" : text;
}

static void detail_read(char *line, uint64_t image_base, struct symbol_frame *frame)
{
    char *value = strstr(line, ": ");
    uint64_t number;

    if (!value)
        return;
    *value = 0;
    value += 2;
    if (strcmp(line, "  Filename") == 0)
        frame->file = known(value);
    else if (strcmp(line, "  Line") == 0 && text_parse_u64(value, &number) && number <= UINT32_MAX)
        frame->line = (uint32_t)number;
    else if (strcmp(line, "  Function start address") == 0 && text_parse_u64(value, &number) && number - image_base <= UINT32_MAX)
        frame->rva = (uint32_t)(number - image_base);
}

static void text_parse(struct answer *answer, uint64_t image_base)
{
    static struct symbol_frame frames[SYMBOLS_MAX_FRAMES];
    size_t count = 0;

    for (char *line = answer->text, *next; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = 0;
        if (line[0] == ' ' && count)
            detail_read(line, image_base, &frames[count - 1]);
        else if (*line && count < SYMBOLS_MAX_FRAMES)
            frames[count++] = (struct symbol_frame){.function = known(line), .file = "", .rva = answer->rva, .is_inline = true};
    }
    if (!count || !*frames[count - 1].function)
        return;
    frames[count - 1].is_inline = false;
    answer->frames = malloc(count * sizeof(*frames));
    if (!answer->frames)
        return;
    for (size_t i = 0; i < count; i++) /* only the function that really exists says where it starts */
        frames[i].rva = frames[count - 1].rva;
    memcpy(answer->frames, frames, count * sizeof(*frames));
    answer->count = count;
}

/* Only images without a CodeView record are asked about: of others the tool would open the PDB that the record names, unchecked. */
static bool is_for_tool(const char *image, uint64_t *ret_base)
{
    struct span bytes;
    struct pe_codeview codeview;
    struct pe pe;
    bool is_for = false;

    if (mapping_open(&bytes, image) != ST_OK)
        return false;
    if (pe_open(&pe, bytes, false) == ST_OK && !pe_codeview(&pe, &codeview)) {
        *ret_base = pe.image_base;
        is_for = true;
    }
    mapping_close(&bytes);
    return is_for;
}

static struct answer **bucket_of(struct dwarf *dwarf, uint32_t rva)
{
    return &dwarf->buckets[(rva * 2654435761u) >> 20];
}

static const struct answer *answer_find(struct dwarf *dwarf, const char *image, uint32_t rva)
{
    for (const struct answer *answer = *bucket_of(dwarf, rva); answer; answer = answer->next)
        if (answer->rva == rva && strcmp(answer->image, image) == 0)
            return answer;
    return NULL;
}

static const struct answer *answer_make(struct dwarf *dwarf, const char *image, uint32_t rva)
{
    struct answer **bucket = bucket_of(dwarf, rva), *answer = calloc(1, sizeof(*answer));
    uint64_t image_base = 0;

    if (answer)
        answer->image = strdup(image);
    if (!answer || !answer->image) {
        free(answer);
        return NULL;
    }
    answer->rva = rva;
    if (is_for_tool(image, &image_base))
        answer->text = keeper_ask(dwarf, image, rva);
    if (answer->text)
        text_parse(answer, image_base);
    answer->next = *bucket;
    *bucket = answer;
    dwarf->answers++;
    return answer;
}

size_t dwarf_functions(struct dwarf *dwarf, const char *image, uint32_t rva, struct symbol_frame *frames, size_t max)
{
    const struct answer *answer = answer_find(dwarf, image, rva);
    size_t count;

    if (!answer)
        answer = answer_make(dwarf, image, rva);
    if (!answer || !answer->count || !max)
        return 0;
    count = answer->count < max ? answer->count : max;
    memcpy(frames, answer->frames, count * sizeof(*frames));
    frames[count - 1] = answer->frames[answer->count - 1]; /* when there are too many, outer inlined ones are left out */
    return count;
}
