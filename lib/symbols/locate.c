/* locate.c - walks a symbol folder by the parts of a path, each first as spelled and then without regard to case. */
#include "symbols/locate.h"
#include "base/file.h"
#include "base/text.h"
#include <string.h>

#define MAX_PARTS         16u
#define MAX_PATH_BYTES    65536u
#define MAX_POINTER_BYTES 4096u

/* What the search has found besides accepted files. */
struct search {
    const char *folder;
    const struct locate_request *request;
    const char *file; /* the wanted one's name */
    struct buffer path;
    bool is_archive, is_outside;
};

typedef bool found_fn(struct search *search);

static bool is_hex_id(const char *id)
{
    size_t size = strspn(id, "0123456789abcdefABCDEF");

    return size && size <= LOCATE_MAX_ID_BYTES && !id[size];
}

static void path_cut(struct search *search, size_t size)
{
    search->path.len = size;
    search->path.data[size] = 0;
}

static bool path_add(struct search *search, const char *part)
{
    return buffer_append_byte(&search->path, '/') == ST_OK && buffer_append_text(&search->path, part) == ST_OK;
}

static bool walk(struct search *search, const char *const *parts, size_t count, found_fn *found);

static bool walk_into(struct search *search, const char *name, const char *const *parts, size_t count, found_fn *found)
{
    size_t before = search->path.len;
    bool done = path_add(search, name) && walk(search, parts, count, found);

    path_cut(search, before);
    return done;
}

static bool is_lower(const char *name)
{
    return !name[strcspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")];
}

/* Stores that keep everything in lower case need no listing of their folders. False also when the name is so spelled already, or would
 * only lead to the same file again. */
static bool walk_into_lower(struct search *search, const char *const *parts, size_t count, found_fn *found)
{
    char lower[256];
    size_t size = strlen(parts[0]);

    if (size >= sizeof lower || !file_case_matters())
        return false;
    for (size_t i = 0; i <= size; i++)
        lower[i] = (char)(parts[0][i] >= 'A' && parts[0][i] <= 'Z' ? parts[0][i] - 'A' + 'a' : parts[0][i]);
    return strcmp(lower, parts[0]) != 0 && walk_into(search, lower, parts + 1, count - 1, found);
}

/* Goes on below each file or folder whose name is that of the first part, until found takes one; whether it is there, found looks. */
static bool walk(struct search *search, const char *const *parts, size_t count, found_fn *found)
{
    struct folder *folder;
    const char *name;
    bool done = false;

    if (!count)
        return found(search);
    if (walk_into(search, parts[0], parts + 1, count - 1, found) || walk_into_lower(search, parts, count, found))
        return true;
    if (folder_open(&folder, buffer_text(&search->path)))
        return false;
    while (!done && folder_next(folder, &name) == ST_OK) {
        if (strcmp(name, parts[0]) != 0 && !is_lower(name) && text_equal_nocase(name, parts[0]))
            done = walk_into(search, name, parts + 1, count - 1, found);
    }
    folder_close(folder);
    return done;
}

static bool is_file(const struct search *search)
{
    struct file_info info;

    return file_stat(buffer_text(&search->path), &info) == ST_OK && info.is_regular;
}

static bool found_file(struct search *search)
{
    return is_file(search) && search->request->visit(search->request->context, buffer_text(&search->path));
}

static bool found_archive(struct search *search)
{
    const struct locate_request *request = search->request;

    if (!is_file(search))
        return false;
    search->is_archive = true;
    return request->visit_archive && request->visit_archive(request->context, buffer_text(&search->path));
}

/* Splits a path at either kind of separator into at most MAX_PARTS plain names, in place; 0 when it is anything else. */
static size_t split(char *path, const char **ret_parts)
{
    size_t count = 0;

    while (*path) {
        size_t size = strcspn(path, "/\\");
        bool is_last = !path[size];

        path[size] = 0;
        if (count == MAX_PARTS || !path_is_plain_name(path))
            return 0;
        ret_parts[count++] = path;
        path += size + !is_last;
    }
    return count;
}

/* The part of a pointer's target that lies below the folder, or NULL. */
static char *below_folder(const struct search *search, char *target)
{
    size_t size = strlen(search->folder);

    while (size && strchr("/\\", search->folder[size - 1]))
        size--;
    if (strncmp(target, search->folder, size) == 0 && size && target[size] && strchr("/\\", target[size]))
        return target + size + 1;
    return strchr("/\\", target[0]) || strchr(target, ':') ? NULL : target;
}

/* A file.ptr: "PATH:" and a path, or "MSG:" and a text for people. */
static bool found_pointer(struct search *search)
{
    const char *parts[MAX_PARTS];
    struct buffer text;
    size_t count = 0, before = search->path.len;
    bool done = false;
    char *target;

    if (!is_file(search))
        return false;
    buffer_init(&text, MAX_POINTER_BYTES);
    if (file_read_whole(buffer_text(&search->path), MAX_POINTER_BYTES, &text) == ST_OK && text.len) {
        target = (char *)text.data;
        target[strcspn(target, "\r\n")] = 0;
        target = text_starts(target, "PATH:") ? below_folder(search, target + 5) : NULL;
        if (target)
            count = split(target, parts);
        search->is_outside = search->is_outside || !count;
    }
    if (count) {
        struct search below = {.folder = search->folder, .request = search->request};

        buffer_init(&below.path, MAX_PATH_BYTES);
        done = buffer_append_text(&below.path, search->folder) == ST_OK && walk(&below, parts, count, found_file);
        buffer_done(&below.path);
    }
    path_cut(search, before);
    buffer_done(&text);
    return done;
}

/* The name of the wanted file in its folder: the same, or for .sym without .pdb and with .sym. */
static bool file_name(const struct locate_request *request, const char *name, struct buffer *out)
{
    size_t size = strlen(name);

    if (request->kind != LOCATE_SYM)
        return buffer_append_text(out, name) == ST_OK;
    if (text_ends_nocase(name, ".pdb"))
        size -= 4;
    return buffer_append(out, name, size) == ST_OK && buffer_append_text(out, ".sym") == ST_OK;
}

/* NAME/ID: the file itself, a pointer to it, an archive that holds it. */
static bool found_store_entry(struct search *search)
{
    char archive[256];
    size_t size = strlen(search->file);
    struct file_info info;

    if (file_stat(buffer_text(&search->path), &info) != ST_OK) /* a folder, or a link to one */
        return false;
    if (walk(search, (const char *const[]){search->file}, 1, found_file))
        return true;
    if (search->request->kind == LOCATE_SYM || size >= sizeof archive)
        return false;
    if (walk(search, (const char *const[]){"file.ptr"}, 1, found_pointer))
        return true;
    memcpy(archive, search->file, size + 1);
    archive[size - 1] = '_';
    return walk(search, (const char *const[]){archive}, 1, found_archive);
}

/* All places of the layout NAME/ID/FILE below what the path says now. */
static bool search_store(struct search *search, const char *name)
{
    return walk(search, (const char *const[]){name, search->request->id}, 2, found_store_entry);
}

static bool search_all(struct search *search, const char *name)
{
    const char first[3] = {name[0], name[1], 0};
    size_t before = search->path.len;
    bool done;

    if (search_store(search, name))
        return true;
    if (name[1] && path_is_plain_name(first) && path_add(search, first)) {
        done = search_store(search, name);
        path_cut(search, before);
        if (done)
            return true;
    }
    return walk(search, (const char *const[]){search->file}, 1, found_file);
}

enum locate_result locate_in(const char *folder, const struct locate_request *request)
{
    struct search search = {.folder = folder, .request = request};
    const char *name = path_base(request->name);
    struct buffer file;
    bool done = false;

    if (!path_is_plain_name(name) || !is_hex_id(request->id))
        return LOCATE_NO_NAME;
    buffer_init(&search.path, MAX_PATH_BYTES);
    buffer_init(&file, MAX_PATH_BYTES);
    if (buffer_append_text(&search.path, folder) == ST_OK && file_name(request, name, &file)) {
        search.file = buffer_text(&file);
        done = search_all(&search, name);
    }
    buffer_done(&file);
    buffer_done(&search.path);
    if (done)
        return LOCATE_ACCEPTED;
    return search.is_archive ? LOCATE_ARCHIVE : search.is_outside ? LOCATE_OUTSIDE : LOCATE_NOTHING;
}
