/* disk.c - see disk.h. */
#include "disk.h"
#include <stddef.h>
#include <stdint.h>
#ifdef __linux__
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>
/* cmocka needs some of the above */
#include <cmocka.h>

#define PAGE_BYTES 4096
#define FILLER     "/filler"
#define OPTIONS    "size=512k,mode=0700"

static char place[] = "/tmp/salvor-disk-XXXXXX";
static char filler[sizeof place + sizeof FILLER];

/* The folder outlives the namespace. */
static void end(void)
{
    umount2(place, MNT_DETACH);
    rmdir(place);
}

static const char *begin(void)
{
    if (!mkdtemp(place))
        return "no folder can be made in /tmp";
    /* Nothing that is mounted here is seen by others. */
    if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount("none", place, "tmpfs", 0, OPTIONS)) {
        rmdir(place);
        return errno == EPERM ? "mounting a disk takes root" : strerror(errno);
    }
    strcpy(filler, place);
    strcat(filler, FILLER);
    atexit(end);
    return chdir(place) ? strerror(errno) : NULL;
}

void disk_fill(unsigned pages_left)
{
    static const char page[PAGE_BYTES] = "filled";
    int fd = open(filler, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    off_t size = 0;

    assert_true(fd >= 0);
    while (write(fd, page, sizeof page) == (ssize_t)sizeof page)
        size += PAGE_BYTES;
    assert_int_equal(errno, ENOSPC);
    assert_true(size > (off_t)pages_left * PAGE_BYTES);
    assert_int_equal(ftruncate(fd, size - (off_t)pages_left * PAGE_BYTES), 0);
    close(fd);
}

void disk_drain(void)
{
    assert_int_equal(unlink(filler), 0);
}

void disk_set_read_only(bool is_read_only)
{
    assert_int_equal(mount("none", place, "tmpfs", MS_REMOUNT | (is_read_only ? MS_RDONLY : 0), OPTIONS), 0);
}
#else
static const char *begin(void)
{
    return "mounting a disk is done on Linux only";
}

void disk_fill(unsigned pages_left)
{
    (void)pages_left;
}

void disk_drain(void) {}

void disk_set_read_only(bool is_read_only)
{
    (void)is_read_only;
}
#endif

int disk_setup(void **state)
{
    static const char *why = "";

    if (why && !why[0])
        why = begin();
    *state = (void *)(uintptr_t)why; /* it is only read */
    return 0;
}
