/* minidump.h - what a minidump says, decoded from bytes that nobody vouches for.
 *
 * Format: https://learn.microsoft.com/windows/win32/api/minidumpapiset/ and, for foreign streams, Breakpad's minidump_format.h and
 * Crashpad's minidump_extensions.h. Only a missing or broken header is an error; everything else that is wrong becomes a soft error and
 * the rest is still shown. Everything points into the caller's bytes or into memory of the minidump, and lives until minidump_close. */
#ifndef SALVOR_MINIDUMP_MINIDUMP_H
#define SALVOR_MINIDUMP_MINIDUMP_H
#include "base/bytes.h"
#include "base/status.h"
#include "minidump/cpu.h"

/* Ceilings; what lies beyond one is left out with a soft error. */
#define MINIDUMP_MAX_STREAMS        4096u
#define MINIDUMP_MAX_THREADS        16384u
#define MINIDUMP_MAX_MODULES        16384u
#define MINIDUMP_MAX_RANGES         1048576u
#define MINIDUMP_MAX_REGIONS        1048576u
#define MINIDUMP_MAX_ANNOTATIONS    4096u
#define MINIDUMP_MAX_HANDLES        65536u
#define MINIDUMP_MAX_TEXT_BYTES     65536u /* one string, in UTF-8 */
#define MINIDUMP_MAX_ALL_TEXT_BYTES ((size_t)16 << 20)
#define MINIDUMP_MAX_SOFT_ERRORS    64u
#define MINIDUMP_MAX_HEAP_BYTES     ((size_t)128 << 20)
#define MINIDUMP_PARAMETERS         15u

#define MINIDUMP_NONE ((size_t)-1) /* an index that points at nothing */

enum minidump_os {
    MINIDUMP_OS_WINDOWS = 2,
    MINIDUMP_OS_MAC = 0x8101,
    MINIDUMP_OS_IOS = 0x8102,
    MINIDUMP_OS_LINUX = 0x8201,
    MINIDUMP_OS_ANDROID = 0x8203
};

struct minidump_stream {
    uint32_t type;
    uint64_t offset;
    struct span bytes; /* clipped to the file */
};

struct minidump_system {
    bool present;
    enum cpu cpu;
    uint16_t architecture, level, revision;
    uint8_t processor_count, product_type;
    uint32_t major, minor, build, platform; /* platform: enum minidump_os or another number */
    const char *service_pack;               /* "" when there is none */
    char vendor[13];                        /* x86 only; else "" */
};

struct minidump_misc {
    bool has_pid, has_times;
    uint32_t pid;
    uint32_t process_start, user_seconds, kernel_seconds; /* process_start: Unix seconds */
    const char *build;                                    /* version 4 and later; "" when there is none */
};

struct minidump_exception {
    bool present;
    uint32_t thread_id, code, flags, parameter_count;
    uint64_t record, address;
    uint64_t parameters[MINIDUMP_PARAMETERS]; /* zero beyond parameter_count */
    struct span context;
};

struct minidump_thread {
    uint32_t id, suspend_count, priority_class, priority;
    uint64_t teb, stack_address, start_address; /* start_address 0 = unknown */
    struct span stack, context;
    const char *name; /* NULL when it has none */
};

struct minidump_module {
    uint64_t base, size_bytes;
    uint32_t checksum, timestamp;
    const char *path; /* as in the dump; "" when unreadable */
    const char *name; /* its last part */
    bool has_version;
    uint16_t file_version[4], product_version[4];
    const char *debug_file; /* path in the CodeView record; "" when there is none */
    char debug_id[48];      /* GUID and age as one run of hex digits; "" when there is none */
    char code_id[48];       /* "%08X%x" of timestamp and size; on other systems the build id */
};

struct minidump_unloaded {
    uint64_t base, size_bytes;
    uint32_t timestamp;
    const char *name; /* last part of its path */
    char code_id[24];
};

/* A piece of the process's memory that is in the dump. */
struct minidump_range {
    uint64_t address;
    struct span bytes;
    uint64_t reach; /* highest end among this range and those before it: bounds the search among overlapping ones */
};

#define MINIDUMP_MEM_COMMIT  0x1000u
#define MINIDUMP_EXECUTE_ANY 0xf0u /* PAGE_EXECUTE and its three relatives */

/* One run of equal pages from MemoryInfoList. */
struct minidump_region {
    uint64_t address, size_bytes, allocation_address;
    uint32_t allocation_protect, state, protect, type;
};

struct minidump_annotation {
    const char *key, *value;
    size_t module; /* index into modules, or MINIDUMP_NONE when it is the process's */
};

/* Something that the process had open. */
struct minidump_handle {
    uint64_t handle;
    const char *type, *name; /* "File", "Event"; "" when the dump does not say */
    uint32_t attributes, access, handle_count, pointer_count;
};

struct minidump_system_memory {
    bool present, has_commitment;
    uint64_t physical_bytes;
    uint64_t available_bytes, committed_bytes, commit_limit_bytes, peak_committed_bytes; /* has_commitment */
};

struct minidump_process_memory {
    bool present, has_virtual, has_private;
    uint32_t page_faults;
    uint64_t working_set_bytes, peak_working_set_bytes, pagefile_bytes, peak_pagefile_bytes;
    uint64_t virtual_bytes, peak_virtual_bytes; /* has_virtual */
    uint64_t private_bytes;                     /* has_private */
};

struct minidump {
    struct span bytes;
    uint32_t timestamp; /* of the dump, Unix seconds */
    uint64_t flags;
    const struct minidump_stream *streams;
    size_t stream_count;
    struct minidump_system system;
    struct minidump_misc misc;
    struct minidump_exception exception;
    const struct minidump_thread *threads;
    size_t thread_count;
    const struct minidump_module *modules; /* in the dump's order: the program first */
    size_t module_count;
    const size_t *module_order; /* indexes of modules by base address */
    const struct minidump_unloaded *unloaded;
    size_t unloaded_count;
    const struct minidump_range *ranges; /* by address */
    size_t range_count;
    const struct minidump_region *regions; /* by address */
    size_t region_count;
    const struct minidump_annotation *annotations; /* Crashpad's */
    size_t annotation_count;
    const struct minidump_handle *handles;
    size_t handle_count;
    struct minidump_system_memory system_memory;
    struct minidump_process_memory process_memory;
    const char *comment;                     /* CommentA or CommentW; "" when there is none */
    const char *assertion;                   /* Breakpad's; "" when there is none */
    uint32_t requesting_thread, dump_thread; /* Breakpad's thread ids; 0 = unknown */
    struct span record, log;                 /* Salvor's user streams (proto/record.h); empty when absent */
    const char *const *soft_errors;          /* one sentence part each */
    size_t soft_error_count;
};

/* Decodes a minidump. bytes must stay as they are until minidump_close. Errors: ST_FORMAT (no minidump), ST_TRUNCATED (ends inside its
 * header or directory), ST_MEMORY; *ret_why then says it as one sentence. */
enum status minidump_open(struct minidump **ret, struct span bytes, const char **ret_why);
void minidump_close(struct minidump *minidump); /* accepts NULL */

/* Index of the module whose range holds address, or MINIDUMP_NONE. */
size_t minidump_module_at(const struct minidump *minidump, uint64_t address);
/* The region that holds address, or NULL. */
const struct minidump_region *minidump_region_at(const struct minidump *minidump, uint64_t address);
/* The bytes of memory from address to the end of the range that holds it; false when the dump has none. */
bool minidump_memory_at(const struct minidump *minidump, uint64_t address, struct span *ret);
/* Copies size bytes of memory that may lie across neighbouring ranges; false when one is missing. */
bool minidump_memory_read(const struct minidump *minidump, uint64_t address, void *ret, size_t size);
/* Index of the thread with that id, or MINIDUMP_NONE. */
size_t minidump_thread_by_id(const struct minidump *minidump, uint32_t id);
/* The thread that crashed, or that asked for the dump; MINIDUMP_NONE when the dump does not say. */
size_t minidump_crashing_thread(const struct minidump *minidump);
/* A thread's registers: the exception's own record for the thread that crashed, else the thread's. Returns NULL or why not. */
const char *minidump_thread_state(const struct minidump *minidump, size_t thread, struct cpu_state *ret);
/* The thread's shadow stack pointer (cpu_context_shadow_stack), from the same record; false when it is not known. */
bool minidump_thread_shadow_stack(const struct minidump *minidump, size_t thread, uint64_t *ret);

#endif
