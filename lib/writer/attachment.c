/* attachment.c - see attachment.h. The path is a crashed process's word: what it leads to is judged by the open handle. */
#include "writer/attachment.h"
#include "base/file.h"
#include "base/line.h"
#include "base/text.h"
#include <stdbool.h>
#include <string.h>
#include <wchar.h>

#define PATH_CHARS   (BLOCK_MAX_PATH + 8)
#define COPY_BYTES   (64 * 1024)
#define NOTE_BYTES   320
#define PREFIX       L"\\\\?\\"
#define PREFIX_CHARS 4

#ifndef FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS
#define FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS 0x00400000
#endif
#ifndef FILE_ATTRIBUTE_RECALL_ON_OPEN
#define FILE_ATTRIBUTE_RECALL_ON_OPEN 0x00040000
#endif
#define NOT_HERE (FILE_ATTRIBUTE_OFFLINE | FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS | FILE_ATTRIBUTE_RECALL_ON_OPEN)

HANDLE attachments_token(HANDLE process)
{
    HANDLE token = NULL, ret = INVALID_HANDLE_VALUE;

    if (!OpenProcessToken(process, TOKEN_DUPLICATE | TOKEN_QUERY, &token))
        return ret;
    if (!DuplicateTokenEx(token, TOKEN_QUERY | TOKEN_IMPERSONATE, NULL, SecurityImpersonation, TokenImpersonation, &ret))
        ret = INVALID_HANDLE_VALUE;
    CloseHandle(token);
    return ret;
}

static void refuse(struct record_writer *record, const char *name, const char *why)
{
    char text[NOTE_BYTES];
    struct line line;

    line_init(&line, text, sizeof text);
    line_text(&line, name);
    line_text(&line, ": ");
    line_text(&line, why);
    record_put(record, RECORD_ATTACHMENT_REFUSED, text);
}

static bool is_drive_letter(wchar_t c)
{
    return (c >= L'A' && c <= L'Z') || (c >= L'a' && c <= L'z');
}

/* The absolute path with the prefix that lifts MAX_PATH. NULL, or why the path is refused before anything is opened. */
static const char *path_resolve(const char *path, wchar_t ret[PATH_CHARS])
{
    wchar_t wide[BLOCK_MAX_PATH];
    wchar_t root[] = L"?:\\";
    DWORD chars;

    if (!MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, BLOCK_MAX_PATH))
        return "its path is no text";
    if (!is_drive_letter(wide[0]) || wide[1] != L':' || (wide[2] != L'\\' && wide[2] != L'/'))
        return "its path does not begin with a drive";
    memcpy(ret, PREFIX, PREFIX_CHARS * sizeof *ret);
    chars = GetFullPathNameW(wide, PATH_CHARS - PREFIX_CHARS, ret + PREFIX_CHARS, NULL);
    if (!chars || chars >= PATH_CHARS - PREFIX_CHARS || ret[PREFIX_CHARS + 1] != L':') /* a device's name comes back as \\.\con */
        return "its path is no file's";
    if (wcschr(ret + PREFIX_CHARS + 2, L':'))
        return "its path names a stream within a file";
    root[0] = ret[PREFIX_CHARS];
    switch (GetDriveTypeW(root)) {
    case DRIVE_FIXED:
    case DRIVE_REMOVABLE:
    case DRIVE_RAMDISK:
    case DRIVE_CDROM:
        return NULL;
    default:
        return "its drive is not a local one";
    }
}

static HANDLE open_as(const wchar_t *path, HANDLE token, DWORD *ret_error)
{
    HANDLE file;

    if (token && !SetThreadToken(NULL, token)) {
        *ret_error = ERROR_BAD_IMPERSONATION_LEVEL;
        return INVALID_HANDLE_VALUE;
    }
    file = CreateFileW(path, FILE_READ_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                       NULL, OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_SEQUENTIAL_SCAN, NULL);
    *ret_error = file == INVALID_HANDLE_VALUE ? GetLastError() : ERROR_SUCCESS;
    if (token)
        SetThreadToken(NULL, NULL);
    return file;
}

static const char *error_meaning(DWORD error)
{
    switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
        return "there is no such file";
    case ERROR_ACCESS_DENIED:
        return "its user may not read it";
    case ERROR_SHARING_VIOLATION:
        return "another program has it open for itself";
    case ERROR_BAD_IMPERSONATION_LEVEL:
        return "it cannot be opened with its user's rights";
    default:
        return "it cannot be opened";
    }
}

/* A link in the middle of the path may have led elsewhere, so the handle is asked where it is. */
static bool is_local(HANDLE file)
{
    wchar_t where[PATH_CHARS];
    DWORD chars = GetFinalPathNameByHandleW(file, where, PATH_CHARS, FILE_NAME_NORMALIZED | VOLUME_NAME_DOS);

    return chars && chars < PATH_CHARS && wcsncmp(where, PREFIX, PREFIX_CHARS) == 0 && where[PREFIX_CHARS + 1] == L':';
}

static const char *file_refusal(HANDLE file, uint64_t room, uint64_t *ret_bytes)
{
    BY_HANDLE_FILE_INFORMATION info;

    if (GetFileType(file) != FILE_TYPE_DISK || !GetFileInformationByHandle(file, &info))
        return "it is no regular file";
    if (info.dwFileAttributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_DEVICE | FILE_ATTRIBUTE_REPARSE_POINT))
        return "it is no regular file";
    if (info.dwFileAttributes & NOT_HERE || !is_local(file))
        return "it does not lie on this machine";
    *ret_bytes = (uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow;
    return *ret_bytes > ATTACHMENT_MAX_BYTES || *ret_bytes > room ? "it is too large" : NULL;
}

static const char *attachment_open(struct attachment *ret, const char *path, HANDLE token, uint64_t room)
{
    wchar_t wide[PATH_CHARS];
    DWORD error;
    const char *why = token == INVALID_HANDLE_VALUE ? "its user's rights cannot be taken on" : path_resolve(path, wide);

    if (why)
        return why;
    ret->file = open_as(wide, token, &error);
    if (ret->file == INVALID_HANDLE_VALUE)
        return error_meaning(error);
    why = file_refusal(ret->file, room, &ret->size_bytes);
    if (why)
        CloseHandle(ret->file);
    return why;
}

/* The file's own name where it can be one everywhere, else a number. */
static void name_make(char ret[ATTACHMENT_NAME_BYTES], const char *path, size_t number)
{
    const char *base = path_base(path);
    struct line line;

    if (path_is_plain_name(base)) {
        text_copy(ret, ATTACHMENT_NAME_BYTES, base);
        return;
    }
    line_init(&line, ret, ATTACHMENT_NAME_BYTES);
    line_text(&line, "attachment-");
    line_u64(&line, number + 1);
}

void attachments_open(struct attachments *ret, const struct block *copy, HANDLE token, struct record_writer *record)
{
    uint64_t room = ATTACHMENT_MAX_ALL_BYTES;

    ret->count = 0;
    for (size_t i = 0; i < BLOCK_MAX_ATTACHMENTS; i++) {
        struct attachment *item = &ret->items[ret->count];
        const char *path = copy->attachments[i], *why;
        if (!path[0])
            continue;
        name_make(item->name, path, i);
        why = attachment_open(item, path, token, room);
        if (why) {
            refuse(record, item->name, why);
            continue;
        }
        room -= item->size_bytes;
        ret->count++;
    }
}

/* At offsets, so that the positions of the handles do not matter. */
static bool move(HANDLE file, void *bytes, DWORD size, uint64_t offset, bool is_write)
{
    OVERLAPPED where = {0};
    DWORD moved = 0;

    where.Offset = (DWORD)offset;
    where.OffsetHigh = (DWORD)(offset >> 32);
    return (is_write ? WriteFile(file, bytes, size, &moved, &where) : ReadFile(file, bytes, size, &moved, &where)) && moved == size;
}

static bool copy_to(const struct attachment *from, HANDLE to, uint64_t offset)
{
    static uint8_t chunk[COPY_BYTES]; /* one writer in a process */

    for (uint64_t done = 0; done < from->size_bytes;) {
        DWORD part = from->size_bytes - done < COPY_BYTES ? (DWORD)(from->size_bytes - done) : COPY_BYTES;
        if (!move(from->file, chunk, part, done, false) || !move(to, chunk, part, offset + done, true))
            return false;
        done += part;
    }
    return true;
}

/* Cuts off what a copy that broke off has left. */
static void cut_at(HANDLE file, uint64_t size)
{
    LARGE_INTEGER end;

    end.QuadPart = (LONGLONG)size;
    if (SetFilePointerEx(file, end, NULL, FILE_BEGIN))
        SetEndOfFile(file);
}

void attachments_write(struct attachments *attachments, HANDLE file, uint64_t offset, uint64_t most_end, struct record_writer *record)
{
    size_t kept = 0;

    for (size_t i = 0; i < attachments->count; i++) {
        struct attachment *item = &attachments->items[i];
        bool has_room = offset <= most_end && item->size_bytes <= most_end - offset;
        bool is_copied = has_room && copy_to(item, file, offset);
        CloseHandle(item->file);
        if (!is_copied) {
            refuse(record, item->name, has_room ? "it could not be copied" : "it does not fit the bound of the dump");
            cut_at(file, offset);
            continue;
        }
        offset += item->size_bytes;
        item->file = NULL;
        attachments->items[kept++] = *item;
    }
    attachments->count = kept;
}

void attachments_close(struct attachments *attachments)
{
    for (size_t i = 0; i < attachments->count; i++) {
        if (attachments->items[i].file)
            CloseHandle(attachments->items[i].file);
        attachments->items[i].file = NULL;
    }
}
