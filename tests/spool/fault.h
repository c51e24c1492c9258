/* fault.h - a disk that stops the process, or fails, at a chosen step. */
#ifndef SALVOR_TESTS_FAULT_H
#define SALVOR_TESTS_FAULT_H
#include "base/file.h"

enum fault_kind {
    FAULT_NONE,
    FAULT_STOP, /* say so on stdout in front of the step, and wait to be killed */
    FAULT_TORN, /* the same, with half of a write already done */
    FAULT_FAIL  /* the step is not done (of a write only half), and gives a status */
};

/* From now on counts steps from 1; at number `step` the fault happens, once. */
void fault_arm(enum fault_kind kind, unsigned step, enum status status);
void fault_disarm(void);
/* Steps that change nothing on the disk, opening to read and locking, are not counted: a kill in front of one leaves what a kill in front
 * of the next does. */
void fault_count_changes_only(void);
unsigned fault_steps(void);        /* steps since fault_arm */
const char *fault_step_name(void); /* of the step at which the fault happened; "" when it did not */

enum status fault_file_open(struct file *ret, const char *path, enum file_mode mode);
enum status fault_file_write(struct file *file, const void *bytes, size_t size);
enum status fault_file_truncate(struct file *file, uint64_t size);
enum status fault_file_sync(struct file *file);
enum status fault_file_lock(struct file *file);
enum status fault_file_lock_shared(struct file *file);
enum status fault_file_remove(const char *path);
enum status fault_file_rename(const char *from, const char *to, bool replace);
enum status fault_file_write_whole(const char *path, const void *bytes, size_t size); /* in lib/base's steps */
enum status fault_folder_create(const char *path);
enum status fault_folder_sync(const char *path);

#endif
