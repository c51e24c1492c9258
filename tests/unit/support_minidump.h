/* support_minidump.h - builds small minidumps for tests, sound ones and, through the raw calls, unsound ones. */
#ifndef SALVOR_TESTS_SUPPORT_MINIDUMP_H
#define SALVOR_TESTS_SUPPORT_MINIDUMP_H
#include "base/buffer.h"
#include "base/bytes.h"
#include "minidump/cpu.h"

#define DUMP_MAX_ITEMS 64

struct dump_module {
    uint64_t base;
    uint32_t size_bytes, timestamp;
    const char *name;
    uint16_t version[4];     /* all zero = no version */
    const uint8_t *codeview; /* NULL = none */
    size_t codeview_bytes;
};

struct dump_thread {
    uint32_t id;
    uint64_t ip, sp, stack_address;
    const uint64_t *stack; /* words of the processor's size */
    size_t stack_words;
    const char *name; /* NULL = none */
};

/* A dump under construction. Everything given is copied at once, but for names and stacks, which must live until dump_finish. */
struct dump {
    struct buffer bytes;
    enum cpu cpu;
    size_t stream_count, module_count, thread_count, range_count;
    struct dump_module modules[DUMP_MAX_ITEMS];
    struct dump_thread threads[DUMP_MAX_ITEMS];
    uint8_t ranges[DUMP_MAX_ITEMS][16];
    bool memory64;      /* memory goes into a Memory64List, as in full dumps */
    bool aligned_lists; /* four bytes of padding behind the counts of lists */
};

void dump_begin(struct dump *dump, enum cpu cpu); /* Windows 10.0.19045 on that processor */
void dump_add_module(struct dump *dump, const struct dump_module *module);
void dump_add_thread(struct dump *dump, const struct dump_thread *thread);
void dump_add_memory(struct dump *dump, uint64_t address, const void *bytes, size_t size);
void dump_add_exception(struct dump *dump, uint32_t thread_id, uint32_t code, uint64_t address, const uint64_t *parameters,
                        uint32_t parameter_count);
void dump_add_misc(struct dump *dump, uint32_t pid, uint32_t process_start);
/* Raw pieces: bytes anywhere, a counted string, a stream. Each returns its rva. */
uint32_t dump_put(struct dump *dump, const void *bytes, size_t size);
uint32_t dump_put_string(struct dump *dump, const char *ascii);      /* MINIDUMP_STRING */
uint32_t dump_put_string_utf8(struct dump *dump, const char *ascii); /* Crashpad's */
uint32_t dump_add_stream(struct dump *dump, uint32_t type, const void *bytes, size_t size);
/* Writes threads, modules, memory and the directory. The bytes belong to the dump. */
struct span dump_finish(struct dump *dump);
void dump_done(struct dump *dump);

/* A CONTEXT of the processor with instruction and stack pointer; returns its size. */
size_t dump_context(enum cpu cpu, uint64_t ip, uint64_t sp, uint8_t ret[1232]);

/* A whole amd64 dump as a Windows writer leaves it: two threads, three modules, an access violation, memory, a record, thread names. */
struct span dump_typical(struct dump *dump);

/* Reads all that a decoded minidump points at, so that the sanitizers see every byte; returns a sum that keeps the reads alive. */
struct minidump;
uint64_t dump_touch(const struct minidump *minidump);

#endif
