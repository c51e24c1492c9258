/* steps.h - a disk and a network at each of whose steps this program can be killed, as by kill -9. */
#ifndef SALVOR_TESTS_STEPS_H
#define SALVOR_TESTS_STEPS_H
#include "base/file.h"
#include "uploader/post.h"

enum status step_file_open(struct file *ret, const char *path, enum file_mode mode);
enum status step_file_write(struct file *file, const void *bytes, size_t size);
enum status step_file_truncate(struct file *file, uint64_t size);
enum status step_file_sync(struct file *file);
enum status step_file_lock(struct file *file);
enum status step_file_lock_shared(struct file *file);
enum status step_file_remove(const char *path);
enum status step_file_rename(const char *from, const char *to, bool replace);
enum status step_file_write_whole(const char *path, const void *bytes, size_t size);
enum status step_folder_sync(const char *path);
enum status step_post_send(const struct post *post, const struct request *request, struct file *body, const char *id, struct verdict *ret);

#endif
