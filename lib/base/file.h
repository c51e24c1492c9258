/* file.h - files, folders and paths. Paths are UTF-8 (WTF-8 on Windows), of any length; '/' and '\\' both separate on Windows.
 *
 * "Durable" below means: after ST_OK the bytes, and the name, survive a power cut (fsync or FlushFileBuffers of the file and, on POSIX, of
 * its folder). */
#ifndef SALVOR_BASE_FILE_H
#define SALVOR_BASE_FILE_H
#include "base/buffer.h"
#include <stdbool.h>

#define FILE_CLOSED ((intptr_t)-1)

/* An open file: a HANDLE or a descriptor; FILE_CLOSED when there is none. Never inherited by children unless process.h is told so. */
struct file {
    intptr_t os;
};

enum file_mode {
    FILE_MODE_READ,       /* exists; others may read, write, rename and delete */
    FILE_MODE_READ_ALONE, /* exists, and links are not followed; on Windows nobody else may have it open for writing (ST_BUSY) */
    FILE_MODE_CREATE,     /* must not exist (ST_EXISTS); read and write; mode 0600 on POSIX */
    FILE_MODE_REPLACE,    /* created or emptied; read and write */
    FILE_MODE_UPDATE,     /* exists; read and write */
    FILE_MODE_APPEND      /* created if missing; every write goes to the end */
};

struct file_info {
    uint64_t size_bytes;
    int64_t modified_unix_ms;
    uint32_t links; /* hard links */
    bool is_folder;
    bool is_regular; /* neither folder, link, reparse point nor device */
};

enum status file_open(struct file *ret, const char *path, enum file_mode mode);
void file_close(struct file *file); /* accepts a closed one */
/* Reads up to size bytes at the file's position; *ret_read 0 means the end. */
enum status file_read(struct file *file, void *buffer, size_t size, size_t *ret_read);
/* Reads exactly size bytes at offset (ST_TRUNCATED when they are not there); does not use the position. */
enum status file_read_at(struct file *file, uint64_t offset, void *buffer, size_t size);
/* Writes everything or fails; a full disk is ST_FULL. */
enum status file_write(struct file *file, const void *bytes, size_t size);
enum status file_seek(struct file *file, uint64_t offset);
enum status file_truncate(struct file *file, uint64_t size);
enum status file_sync(struct file *file);
enum status file_info_of(struct file *file, struct file_info *ret);
/* Who owns an open file: a SID ("S-1-5-21-...") on Windows, the user's number on POSIX. */
#define FILE_OWNER_BYTES 192
enum status file_owner(struct file *file, char ret[FILE_OWNER_BYTES]);
/* Whether that is the system itself: LocalSystem or Administrators; root on POSIX. */
bool file_owner_is_system(const char *owner);
/* Takes an exclusive advisory lock without waiting; ST_BUSY when another process has it. Gone with the handle or the process. */
enum status file_lock(struct file *file);
/* The same, but beside others that took it so: ST_BUSY when one has it by file_lock. */
enum status file_lock_shared(struct file *file);

enum status file_stat(const char *path, struct file_info *ret); /* does not follow links */
bool file_case_matters(void);                                   /* whether names that differ in case alone name different files */
enum status file_remove(const char *path);                      /* ST_NOT_FOUND when there is none */
enum status file_touch(const char *path);                       /* sets the time of its last change to now */
enum status file_set_modified(const char *path, int64_t unix_ms);
/* Atomic on one volume. replace: an existing target is replaced; otherwise ST_EXISTS. Durable once folder_sync was called on the folder. */
enum status file_rename(const char *from, const char *to, bool replace);
enum status file_read_whole(const char *path, size_t max_bytes, struct buffer *out); /* appends; out's own ceiling counts too */
/* Durable and atomic: a temporary sibling, synced, then renamed over path. */
enum status file_write_whole(const char *path, const void *bytes, size_t size);

/* Makes the folder and its missing parents, 0700 on POSIX; existing is ok. */
enum status folder_create(const char *path);
enum status folder_sync(const char *path);   /* nothing to do on Windows */
enum status folder_remove(const char *path); /* must be empty */

struct folder;
enum status folder_open(struct folder **ret, const char *path);
/* The next name without . and ..; valid until the next call. ST_END at the end. */
enum status folder_next(struct folder *folder, const char **ret_name);
void folder_close(struct folder *folder);

/* Bytes free to this user on the path's volume. */
enum status file_free_space(const char *path, uint64_t *ret_bytes);

/* Appends a and b with one separator between them. */
enum status path_join(struct buffer *out, const char *a, const char *b);
/* The same as a new string, or NULL without memory; the caller frees it. */
char *path_joined(const char *a, const char *b);
/* The part behind the last separator. Both kinds of separator count everywhere, since names come from other systems too. */
const char *path_base(const char *path);
/* Whether name is safe as one file name on Windows and POSIX: not empty, at most 200 bytes, no separators, colon, control or wildcard
 * characters, no leading or trailing dot or space, no device name (con, nul, com1 ...). */
bool path_is_plain_name(const char *name);

#endif
