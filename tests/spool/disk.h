/* disk.h - a small disk of a test's own, which can be full to the page, or read-only. It is a tmpfs in a mount namespace of this process,
 * so it goes with it however that ends. Linux, as root; elsewhere disk_setup says why not. */
#ifndef SALVOR_TESTS_DISK_H
#define SALVOR_TESTS_DISK_H
#include <stdbool.h>

/* cmocka's setup of a test that needs the disk: mounts it, once, and makes it the current folder. *state is NULL, or why that may not be.
 */
int disk_setup(void **state);
#define disk_unit_test(test) cmocka_unit_test_setup(test, disk_setup)
void disk_fill(unsigned pages_left); /* all but so many pages of 4 KB */
void disk_drain(void);               /* takes away what disk_fill put there */
/* Nobody may have a file of it open for writing. */
void disk_set_read_only(bool is_read_only);

#endif
