/* sandbox.c - resource limits and a system-call filter on Linux.
 *
 * The filter allows what reading a file, mapping it, and answering on a pipe take; everything else fails with EPERM, so that a library
 * that asks for more goes on without it. https://docs.kernel.org/userspace-api/seccomp_filter.html */
#include "process/sandbox.h"
#include "process/worker.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#define MAX_OPEN_FILES 16u

#if defined(__x86_64__)
#define AUDIT_ARCH_OURS AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define AUDIT_ARCH_OURS AUDIT_ARCH_AARCH64
#else
#error "the system-call filter knows x86-64 and arm64"
#endif

/* The address sanitizer reserves terabytes of address space for its shadow. */
#if defined(__SANITIZE_ADDRESS__)
#define HAS_SHADOW_MEMORY 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_SHADOW_MEMORY 1
#endif
#endif
#ifndef HAS_SHADOW_MEMORY
#define HAS_SHADOW_MEMORY 0
#endif

static const unsigned allowed_calls[] = {
    SYS_read,       SYS_write,        SYS_readv,          SYS_writev,        SYS_pread64,     SYS_close,
    SYS_fstat,      SYS_newfstatat,   SYS_statx,          SYS_lseek,         SYS_getdents64,  SYS_mmap,
    SYS_munmap,     SYS_mprotect,     SYS_mremap,         SYS_madvise,       SYS_brk,         SYS_futex,
    SYS_getpid,     SYS_gettid,       SYS_getrandom,      SYS_clock_gettime, SYS_sched_yield, SYS_exit,
    SYS_exit_group, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,  SYS_sigaltstack, SYS_restart_syscall,
};

/* Calls that are allowed when one argument has none of some bits. */
static const struct {
    unsigned call, argument;
    uint32_t forbidden;
} limited_calls[] = {
    {SYS_openat, 2, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND}, {SYS_prlimit64, 0, UINT32_MAX}, /* this process only */
};

/* What a started program is denied; all else is allowed. Opening for writing is among the limited calls. */
static const unsigned denied_calls[] = {
    SYS_socket,
    SYS_socketpair,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_accept4,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kill,
    SYS_tkill,
    SYS_pidfd_open,
    SYS_pidfd_send_signal,
    SYS_rt_sigqueueinfo,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_setns,
    SYS_unshare,
    SYS_unlinkat,
    SYS_renameat2,
    SYS_mkdirat,
    SYS_linkat,
    SYS_symlinkat,
    SYS_mknodat,
    SYS_fchmodat,
    SYS_fchmod,
    SYS_fchownat,
    SYS_fchown,
    SYS_truncate,
    SYS_ftruncate,
    SYS_setxattr,
    SYS_utimensat,
    SYS_openat2,
    SYS_io_uring_setup,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_swapon,
    SYS_reboot,
    SYS_init_module,
    SYS_finit_module,
    SYS_kexec_load,
#if defined(__x86_64__) /* what arm64 has under the newer names alone */
    SYS_open,
    SYS_creat,
    SYS_unlink,
    SYS_rename,
    SYS_renameat,
    SYS_mkdir,
    SYS_rmdir,
    SYS_link,
    SYS_symlink,
    SYS_mknod,
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_utime,
    SYS_utimes,
    SYS_accept,
#endif
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define LONGEST_PROGRAM (8 + 2 * (COUNT_OF(allowed_calls) + COUNT_OF(denied_calls)) + 5 * COUNT_OF(limited_calls))
#define DATA_AT(member) ((uint32_t)offsetof(struct seccomp_data, member))
#define LOW_HALF_OF(n)  (DATA_AT(args) + 8 * (n)) /* little-endian; high halves of int arguments hold nothing that counts */
#define DENY            (SECCOMP_RET_ERRNO | EPERM)

struct program {
    struct sock_filter code[LONGEST_PROGRAM];
    unsigned short length;
};

static void emit(struct program *program, uint16_t code, uint8_t if_true, uint8_t if_false, uint32_t operand)
{
    program->code[program->length++] = (struct sock_filter){code, if_true, if_false, operand};
}

static void emit_start(struct program *program)
{
    program->length = 0;
    emit(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, DATA_AT(arch));
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, AUDIT_ARCH_OURS);
    emit(program, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS);
    emit(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, DATA_AT(nr));
}

static void emit_calls(struct program *program, const unsigned *calls, size_t count, uint32_t verdict)
{
    for (size_t i = 0; i < count; i++) {
        emit(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, calls[i]);
        emit(program, BPF_RET | BPF_K, 0, 0, verdict);
    }
}

static void emit_limited(struct program *program)
{
    for (size_t i = 0; i < COUNT_OF(limited_calls); i++) {
        emit(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, limited_calls[i].call);
        emit(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, LOW_HALF_OF(limited_calls[i].argument));
        emit(program, BPF_JMP | BPF_JSET | BPF_K, 1, 0, limited_calls[i].forbidden);
        emit(program, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
        emit(program, BPF_RET | BPF_K, 0, 0, DENY);
    }
}

/* Allows what reading needs and nothing else. */
static void program_build_strict(struct program *program)
{
    emit_start(program);
    emit_calls(program, allowed_calls, COUNT_OF(allowed_calls), SECCOMP_RET_ALLOW);
    emit_limited(program);
    emit(program, BPF_RET | BPF_K, 0, 0, DENY);
}

/* Denies what harms others and allows the rest. */
static void program_build_isolating(struct program *program)
{
    emit_start(program);
    emit_calls(program, denied_calls, COUNT_OF(denied_calls), DENY);
    emit_limited(program);
    emit(program, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
}

static int limit(int what, uint64_t value)
{
    struct rlimit now, wanted = {value, value};

    /* A lower limit that somebody set before stays. */
    if (getrlimit(what, &now) == 0 && now.rlim_max < value)
        wanted.rlim_cur = wanted.rlim_max = now.rlim_max;
    return setrlimit(what, &wanted);
}

static int limits_set(uint64_t max_heap_bytes)
{
    /* Writing to a file is to fail, not to end the process: a standard error that is a file must not hide how the process ended. */
    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
        return -1;
    if (limit(RLIMIT_CORE, 0) < 0 || limit(RLIMIT_FSIZE, 0) < 0 || limit(RLIMIT_NOFILE, MAX_OPEN_FILES) < 0)
        return -1;
    if (HAS_SHADOW_MEMORY)
        return 0;
    return limit(RLIMIT_DATA, max_heap_bytes) < 0 || limit(RLIMIT_AS, WORKER_MAX_MAPPED_BYTES) < 0 ? -1 : 0;
}

static enum status apply(const struct program *program, uint64_t max_heap_bytes, const char **ret_what)
{
    struct sock_fprog filter = {program->length, (struct sock_filter *)(uintptr_t)program->code};

    *ret_what = "setting resource limits";
    if (limits_set(max_heap_bytes) < 0)
        return status_from_errno(errno);
    *ret_what = "giving up new privileges";
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return status_from_errno(errno);
    *ret_what = "installing the system-call filter";
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) < 0 ? status_from_errno(errno) : ST_OK;
}

enum status sandbox_enter(uint64_t max_heap_bytes, const char **ret_what)
{
    struct program program;

    program_build_strict(&program);
    return apply(&program, max_heap_bytes, ret_what);
}

enum status sandbox_isolate(uint64_t max_heap_bytes, const char **ret_what)
{
    struct program program;

    program_build_isolating(&program);
    return apply(&program, max_heap_bytes, ret_what);
}

enum status sandbox_grant_cpu(uint32_t seconds)
{
    struct timespec used;
    struct rlimit now;

    if (getrlimit(RLIMIT_CPU, &now) < 0 || clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) < 0)
        return status_from_errno(errno);
    now.rlim_cur = (rlim_t)used.tv_sec + 1 + seconds;
    if (now.rlim_cur > now.rlim_max)
        now.rlim_cur = now.rlim_max;
    return setrlimit(RLIMIT_CPU, &now) < 0 ? status_from_errno(errno) : ST_OK;
}
