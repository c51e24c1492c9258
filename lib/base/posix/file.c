/* file.c - files and folders on POSIX. Every descriptor is close-on-exec; every call is repeated after a signal. */
#include "base/file.h"
#include "base/clock.h"
#include "base/file_os.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define WRITE_MAX_BYTES (1u << 30) /* Linux moves at most 2 GiB - 4 KiB in one call */

static int fd_of(const struct file *file)
{
    return (int)file->os;
}

static enum status result(int outcome)
{
    return outcome < 0 ? status_from_errno(errno) : ST_OK;
}

enum status file_open(struct file *ret, const char *path, enum file_mode mode)
{
    static const int flags[] = {
        [FILE_MODE_READ] = O_RDONLY,
        [FILE_MODE_READ_ALONE] = O_RDONLY | O_NOFOLLOW | O_NONBLOCK, /* a pipe is for the caller to notice, not to wait for */
        [FILE_MODE_CREATE] = O_RDWR | O_CREAT | O_EXCL,
        [FILE_MODE_REPLACE] = O_RDWR | O_CREAT | O_TRUNC,
        [FILE_MODE_UPDATE] = O_RDWR,
        [FILE_MODE_APPEND] = O_WRONLY | O_CREAT | O_APPEND,
    };
    struct stat info;
    int fd;
    do
        fd = open(path, flags[mode] | O_CLOEXEC | O_NOCTTY, 0600);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return status_from_errno(errno);
    /* Windows refuses to open a folder as a file; so do we. */
    if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
        close(fd);
        return ST_ACCESS;
    }
    ret->os = fd;
    return ST_OK;
}

void file_close(struct file *file)
{
    if (file->os != FILE_CLOSED)
        close(fd_of(file));
    file->os = FILE_CLOSED;
}

enum status file_read(struct file *file, void *buffer, size_t size, size_t *ret_read)
{
    ssize_t got;
    if (size > WRITE_MAX_BYTES)
        size = WRITE_MAX_BYTES;
    do
        got = read(fd_of(file), buffer, size);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return status_from_errno(errno);
    *ret_read = (size_t)got;
    return ST_OK;
}

enum status file_read_at(struct file *file, uint64_t offset, void *buffer, size_t size)
{
    uint8_t *p = buffer;
    while (size) {
        if (offset > INT64_MAX)
            return ST_TRUNCATED;
        ssize_t got = pread(fd_of(file), p, size < WRITE_MAX_BYTES ? size : WRITE_MAX_BYTES, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return status_from_errno(errno);
        if (got == 0)
            return ST_TRUNCATED;
        p += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return ST_OK;
}

enum status file_write(struct file *file, const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    while (size) {
        ssize_t put = write(fd_of(file), p, size < WRITE_MAX_BYTES ? size : WRITE_MAX_BYTES);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return status_from_errno(errno);
        p += put;
        size -= (size_t)put;
    }
    return ST_OK;
}

enum status file_seek(struct file *file, uint64_t offset)
{
    if (offset > INT64_MAX)
        return ST_ARGUMENT;
    return lseek(fd_of(file), (off_t)offset, SEEK_SET) < 0 ? status_from_errno(errno) : ST_OK;
}

enum status file_truncate(struct file *file, uint64_t size)
{
    int outcome;
    if (size > INT64_MAX)
        return ST_ARGUMENT;
    do
        outcome = ftruncate(fd_of(file), (off_t)size);
    while (outcome < 0 && errno == EINTR);
    return result(outcome);
}

enum status file_sync(struct file *file)
{
    int outcome;
    do
        outcome = fsync(fd_of(file));
    while (outcome < 0 && errno == EINTR);
    return result(outcome);
}

static void fill_info(struct file_info *ret, const struct stat *info)
{
    ret->size_bytes = (uint64_t)info->st_size;
    ret->modified_unix_ms = (int64_t)info->st_mtim.tv_sec * 1000 + info->st_mtim.tv_nsec / 1000000;
    ret->links = (uint32_t)info->st_nlink;
    ret->is_folder = S_ISDIR(info->st_mode);
    ret->is_regular = S_ISREG(info->st_mode);
}

enum status file_info_of(struct file *file, struct file_info *ret)
{
    struct stat info;
    if (fstat(fd_of(file), &info) < 0)
        return status_from_errno(errno);
    fill_info(ret, &info);
    return ST_OK;
}

enum status file_owner(struct file *file, char ret[FILE_OWNER_BYTES])
{
    struct stat info;
    if (fstat(fd_of(file), &info) < 0)
        return status_from_errno(errno);
    snprintf(ret, FILE_OWNER_BYTES, "%lu", (unsigned long)info.st_uid);
    return ST_OK;
}

bool file_owner_is_system(const char *owner)
{
    return strcmp(owner, "0") == 0;
}

static enum status lock_as(struct file *file, int kind)
{
    int outcome;
    do
        outcome = flock(fd_of(file), kind | LOCK_NB);
    while (outcome < 0 && errno == EINTR);
    return result(outcome);
}

enum status file_lock(struct file *file)
{
    return lock_as(file, LOCK_EX);
}

enum status file_lock_shared(struct file *file)
{
    return lock_as(file, LOCK_SH);
}

enum status file_stat(const char *path, struct file_info *ret)
{
    struct stat info;
    if (lstat(path, &info) < 0)
        return status_from_errno(errno);
    fill_info(ret, &info);
    return ST_OK;
}

bool file_case_matters(void)
{
    return true;
}

enum status file_remove(const char *path)
{
    return result(unlink(path));
}

enum status file_set_modified(const char *path, int64_t unix_ms)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = unix_ms / 1000, .tv_nsec = unix_ms % 1000 * 1000000}};
    return result(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW));
}

enum status file_touch(const char *path)
{
    return file_set_modified(path, clock_unix_ms());
}

enum status file_rename(const char *from, const char *to, bool replace)
{
    if (replace)
        return result(rename(from, to));
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return ST_OK;
    if (errno != EINVAL && errno != ENOSYS)
        return status_from_errno(errno);
    /* A file system without that flag (NFS, some FUSE): link is the other step that fails when the name is taken. */
    if (link(from, to) < 0)
        return status_from_errno(errno);
    return result(unlink(from));
}

enum status folder_make_os(const char *path)
{
    return result(mkdir(path, 0700));
}

bool path_is_separator_os(char c)
{
    return c == '/';
}

enum status folder_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return status_from_errno(errno);
    struct file file = {fd};
    enum status status = file_sync(&file);
    file_close(&file);
    return status;
}

enum status folder_remove(const char *path)
{
    int outcome = rmdir(path);
    /* POSIX lets a system say either for a folder that is not empty. */
    return outcome < 0 && errno == EEXIST ? ST_BUSY : result(outcome);
}

struct folder {
    DIR *os;
};

enum status folder_open(struct folder **ret, const char *path)
{
    struct folder *folder = malloc(sizeof *folder);
    if (!folder)
        return ST_MEMORY;
    folder->os = opendir(path);
    if (!folder->os) {
        enum status status = status_from_errno(errno);
        free(folder);
        return status;
    }
    *ret = folder;
    return ST_OK;
}

enum status folder_next(struct folder *folder, const char **ret_name)
{
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(folder->os);
        if (!entry)
            return errno ? status_from_errno(errno) : ST_END;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        *ret_name = entry->d_name;
        return ST_OK;
    }
}

void folder_close(struct folder *folder)
{
    if (!folder)
        return;
    closedir(folder->os);
    free(folder);
}

enum status file_free_space(const char *path, uint64_t *ret_bytes)
{
    struct statvfs info;
    int outcome;
    do
        outcome = statvfs(path, &info);
    while (outcome < 0 && errno == EINTR);
    if (outcome < 0)
        return status_from_errno(errno);
    *ret_bytes = (uint64_t)info.f_bavail * info.f_frsize;
    return ST_OK;
}
