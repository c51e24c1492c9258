/* support_minidump.c - a minidump writer for tests: header and a fixed directory first, then pieces in the order given. */
#include "support_minidump.h"
#include "minidump/minidump.h"
#include "minidump/reason.h"
#include "proto/record.h"
#include <assert.h>
#include <string.h>

#define MAX_STREAMS    32u
#define DIRECTORY_AT   32u
#define FIRST_PIECE    (DIRECTORY_AT + MAX_STREAMS * 12u)
#define MAX_DUMP_BYTES ((size_t)64 << 20)
#define DUMP_TIMESTAMP 1700000000u

static void must(enum status status)
{
    (void)status;
    assert(status == ST_OK);
}

static uint16_t architecture_of(enum cpu cpu)
{
    switch (cpu) {
    case CPU_X86:
        return 0;
    case CPU_AMD64:
        return 9;
    case CPU_ARM64:
        return 12;
    default:
        return 0xffff;
    }
}

void dump_begin(struct dump *dump, enum cpu cpu)
{
    uint8_t zero[FIRST_PIECE] = {0}, system[56] = {0};

    memset(dump, 0, sizeof(*dump));
    dump->cpu = cpu;
    buffer_init(&dump->bytes, MAX_DUMP_BYTES);
    must(buffer_append(&dump->bytes, zero, sizeof(zero)));
    bytes_put_u16(system, architecture_of(cpu));
    bytes_put_u16(system + 2, 6);
    bytes_put_u16(system + 4, 0x3c03);
    system[6] = 8;
    system[7] = 1;
    bytes_put_u32(system + 8, 10);
    bytes_put_u32(system + 16, 19045);
    bytes_put_u32(system + 20, 2);
    memcpy(system + 32, "GenuineIntel", 12);
    dump_add_stream(dump, 7, system, sizeof(system));
}

uint32_t dump_put(struct dump *dump, const void *bytes, size_t size)
{
    size_t at = dump->bytes.len;

    must(buffer_append(&dump->bytes, bytes, size));
    return (uint32_t)at;
}

uint32_t dump_put_string(struct dump *dump, const char *ascii)
{
    uint8_t head[4];
    uint32_t at;

    bytes_put_u32(head, (uint32_t)strlen(ascii) * 2);
    at = dump_put(dump, head, 4);
    for (; *ascii; ascii++)
        dump_put(dump, (const uint8_t[]){(uint8_t)*ascii, 0}, 2);
    dump_put(dump, "\0", 2);
    return at;
}

uint32_t dump_put_string_utf8(struct dump *dump, const char *ascii)
{
    uint8_t head[4];
    uint32_t at;

    bytes_put_u32(head, (uint32_t)strlen(ascii));
    at = dump_put(dump, head, 4);
    dump_put(dump, ascii, strlen(ascii) + 1);
    return at;
}

static void directory_set(struct dump *dump, uint32_t type, uint32_t size, uint32_t rva)
{
    uint8_t *entry = dump->bytes.data + DIRECTORY_AT + dump->stream_count * 12;

    assert(dump->stream_count < MAX_STREAMS);
    bytes_put_u32(entry, type);
    bytes_put_u32(entry + 4, size);
    bytes_put_u32(entry + 8, rva);
    dump->stream_count++;
}

uint32_t dump_add_stream(struct dump *dump, uint32_t type, const void *bytes, size_t size)
{
    uint32_t at = dump_put(dump, bytes, size);

    directory_set(dump, type, (uint32_t)size, at);
    return at;
}

void dump_add_module(struct dump *dump, const struct dump_module *module)
{
    assert(dump->module_count < DUMP_MAX_ITEMS);
    dump->modules[dump->module_count++] = *module;
}

void dump_add_thread(struct dump *dump, const struct dump_thread *thread)
{
    assert(dump->thread_count < DUMP_MAX_ITEMS);
    dump->threads[dump->thread_count++] = *thread;
}

void dump_add_memory(struct dump *dump, uint64_t address, const void *bytes, size_t size)
{
    uint8_t *entry = dump->ranges[dump->range_count++];

    assert(dump->range_count <= DUMP_MAX_ITEMS);
    bytes_put_u64(entry, address);
    if (dump->memory64) {
        bytes_put_u64(entry + 8, size);
        dump_put(dump, bytes, size);
    } else {
        bytes_put_u32(entry + 8, (uint32_t)size);
        bytes_put_u32(entry + 12, dump_put(dump, bytes, size));
    }
}

size_t dump_context(enum cpu cpu, uint64_t ip, uint64_t sp, uint8_t ret[1232])
{
    memset(ret, 0, 1232);
    switch (cpu) {
    case CPU_X86:
        bytes_put_u32(ret, 0x10007);
        bytes_put_u32(ret + 0xb8, (uint32_t)ip);
        bytes_put_u32(ret + 0xc4, (uint32_t)sp);
        return 716;
    case CPU_ARM64:
        bytes_put_u32(ret, 0x400007);
        bytes_put_u64(ret + 0x100, sp);
        bytes_put_u64(ret + 0x108, ip);
        return 912;
    default:
        bytes_put_u32(ret + 0x30, 0x10001f);
        bytes_put_u64(ret + 0x98, sp);
        bytes_put_u64(ret + 0xf8, ip);
        return 1232;
    }
}

void dump_add_exception(struct dump *dump, uint32_t thread_id, uint32_t code, uint64_t address, const uint64_t *parameters,
                        uint32_t parameter_count)
{
    uint8_t stream[168] = {0}, context[1232];
    uint64_t sp = 0;
    size_t size;

    for (size_t i = 0; i < dump->thread_count; i++)
        if (dump->threads[i].id == thread_id)
            sp = dump->threads[i].sp;
    size = dump_context(dump->cpu, address, sp, context);
    bytes_put_u32(stream, thread_id);
    bytes_put_u32(stream + 8, code);
    bytes_put_u64(stream + 24, address);
    bytes_put_u32(stream + 32, parameter_count);
    for (uint32_t i = 0; i < parameter_count && i < 15; i++)
        bytes_put_u64(stream + 40 + 8 * i, parameters[i]);
    bytes_put_u32(stream + 160, (uint32_t)size);
    bytes_put_u32(stream + 164, dump_put(dump, context, size));
    dump_add_stream(dump, 6, stream, sizeof(stream));
}

void dump_add_misc(struct dump *dump, uint32_t pid, uint32_t process_start)
{
    uint8_t stream[24] = {0};

    bytes_put_u32(stream, sizeof(stream));
    bytes_put_u32(stream + 4, 3);
    bytes_put_u32(stream + 8, pid);
    bytes_put_u32(stream + 12, process_start);
    dump_add_stream(dump, 15, stream, sizeof(stream));
}

/* Appends to a list stream's bytes, which begin with a count. */
static void list_begin(struct dump *dump, struct buffer *list, size_t count)
{
    uint8_t head[8] = {0};

    buffer_init(list, MAX_DUMP_BYTES);
    bytes_put_u32(head, (uint32_t)count);
    must(buffer_append(list, head, dump->aligned_lists ? 8 : 4));
}

static void list_end(struct dump *dump, struct buffer *list, uint32_t type)
{
    dump_add_stream(dump, type, list->data, list->len);
    buffer_done(list);
}

static void modules_write(struct dump *dump)
{
    struct buffer list;

    list_begin(dump, &list, dump->module_count);
    for (size_t i = 0; i < dump->module_count; i++) {
        const struct dump_module *module = &dump->modules[i];
        uint8_t entry[108] = {0};

        bytes_put_u64(entry, module->base);
        bytes_put_u32(entry + 8, module->size_bytes);
        bytes_put_u32(entry + 16, module->timestamp);
        bytes_put_u32(entry + 20, dump_put_string(dump, module->name));
        if (module->version[0]) {
            bytes_put_u32(entry + 24, 0xfeef04bd);
            bytes_put_u32(entry + 32, (uint32_t)module->version[0] << 16 | module->version[1]);
            bytes_put_u32(entry + 36, (uint32_t)module->version[2] << 16 | module->version[3]);
        }
        if (module->codeview) {
            bytes_put_u32(entry + 76, (uint32_t)module->codeview_bytes);
            bytes_put_u32(entry + 80, dump_put(dump, module->codeview, module->codeview_bytes));
        }
        must(buffer_append(&list, entry, sizeof(entry)));
    }
    list_end(dump, &list, 4);
}

static uint32_t stack_put(struct dump *dump, const struct dump_thread *thread, uint32_t *ret_size)
{
    unsigned bytes = cpu_layout(dump->cpu)->pointer_bytes;
    uint32_t at = (uint32_t)dump->bytes.len;

    for (size_t i = 0; i < thread->stack_words; i++) {
        uint8_t word[8];

        bytes_put_u64(word, thread->stack[i]);
        dump_put(dump, word, bytes);
    }
    *ret_size = (uint32_t)(thread->stack_words * bytes);
    return at;
}

static void threads_write(struct dump *dump)
{
    struct buffer list, names;
    size_t named = 0;

    list_begin(dump, &list, dump->thread_count);
    for (size_t i = 0; i < dump->thread_count; i++) {
        const struct dump_thread *thread = &dump->threads[i];
        uint8_t entry[48] = {0}, context[1232];
        uint32_t stack_bytes, stack_at = stack_put(dump, thread, &stack_bytes);
        size_t size = dump_context(dump->cpu, thread->ip, thread->sp, context);

        bytes_put_u32(entry, thread->id);
        bytes_put_u64(entry + 24, thread->stack_address);
        bytes_put_u32(entry + 32, stack_bytes);
        bytes_put_u32(entry + 36, stack_bytes ? stack_at : 0);
        bytes_put_u32(entry + 40, (uint32_t)size);
        bytes_put_u32(entry + 44, dump_put(dump, context, size));
        must(buffer_append(&list, entry, sizeof(entry)));
        named += thread->name != NULL;
    }
    list_end(dump, &list, 3);
    if (!named)
        return;
    buffer_init(&names, MAX_DUMP_BYTES);
    must(buffer_append(&names, (const uint8_t[]){(uint8_t)named, 0, 0, 0}, 4));
    for (size_t i = 0; i < dump->thread_count; i++) {
        uint8_t entry[12] = {0};

        if (!dump->threads[i].name)
            continue;
        bytes_put_u32(entry, dump->threads[i].id);
        bytes_put_u64(entry + 4, dump_put_string(dump, dump->threads[i].name));
        must(buffer_append(&names, entry, sizeof(entry)));
    }
    list_end(dump, &names, 24);
}

static void memory_write(struct dump *dump)
{
    uint64_t first = dump->bytes.len, total = 0;
    struct buffer list;

    if (!dump->range_count)
        return;
    if (!dump->memory64) {
        list_begin(dump, &list, dump->range_count);
        must(buffer_append(&list, dump->ranges, dump->range_count * 16));
        list_end(dump, &list, 5);
        return;
    }
    for (size_t i = 0; i < dump->range_count; i++)
        total += bytes_u64(dump->ranges[i] + 8);
    first -= total; /* the caller adds memory last, in one piece */
    buffer_init(&list, MAX_DUMP_BYTES);
    must(buffer_reserve(&list, 16));
    bytes_put_u64(list.data, dump->range_count);
    bytes_put_u64(list.data + 8, first);
    list.len = 16;
    must(buffer_append(&list, dump->ranges, dump->range_count * 16));
    list_end(dump, &list, 9);
}

struct span dump_finish(struct dump *dump)
{
    uint8_t *header;

    memory_write(dump);
    if (dump->thread_count)
        threads_write(dump);
    if (dump->module_count)
        modules_write(dump);
    header = dump->bytes.data;
    bytes_put_u32(header, 0x504d444d);
    bytes_put_u32(header + 4, 0xa793);
    bytes_put_u32(header + 8, (uint32_t)dump->stream_count);
    bytes_put_u32(header + 12, DIRECTORY_AT);
    bytes_put_u32(header + 20, DUMP_TIMESTAMP);
    return (struct span){dump->bytes.data, dump->bytes.len};
}

void dump_done(struct dump *dump)
{
    buffer_done(&dump->bytes);
}

/* Two handles, the machine's and the process's memory, and a table of generated code: as the writer of Windows lays them out. */
static void add_extras(struct dump *dump)
{
    uint8_t handles[16 + 2 * 40] = {0}, system[148] = {0}, process[168] = {0}, table[24 + 32 + 12] = {0};

    bytes_put_u32(handles, 16);
    bytes_put_u32(handles + 4, 40);
    bytes_put_u32(handles + 8, 2);
    bytes_put_u64(handles + 16, 0x4c);
    bytes_put_u32(handles + 24, dump_put_string(dump, "File"));
    bytes_put_u32(handles + 28, dump_put_string(dump, "\\Device\\HarddiskVolume3\\app.log"));
    bytes_put_u32(handles + 36, 0x120116);
    bytes_put_u64(handles + 56, 0x50);
    bytes_put_u32(handles + 64, dump_put_string(dump, "Event"));
    dump_add_stream(dump, 12, handles, sizeof(handles));
    bytes_put_u16(system, 1);
    bytes_put_u16(system + 2, 2);
    bytes_put_u32(system + 8, 4096);
    bytes_put_u32(system + 12, 4194304);
    bytes_put_u64(system + 116, 1048576);
    bytes_put_u64(system + 124, 2097152);
    bytes_put_u64(system + 132, 5242880);
    bytes_put_u64(system + 140, 3145728);
    dump_add_stream(dump, 21, system, sizeof(system));
    bytes_put_u16(process, 2);
    bytes_put_u16(process + 2, 7);
    bytes_put_u32(process + 4, 1234);
    bytes_put_u64(process + 8, 200 << 20);
    bytes_put_u64(process + 16, 100 << 20);
    bytes_put_u64(process + 56, 60 << 20);
    bytes_put_u64(process + 64, 70 << 20);
    bytes_put_u64(process + 72, 900 << 20);
    bytes_put_u64(process + 80, 800 << 20);
    bytes_put_u64(process + 88, 50 << 20);
    dump_add_stream(dump, 22, process, sizeof(process));
    bytes_put_u32(table, 24);
    bytes_put_u32(table + 4, 32);
    bytes_put_u32(table + 12, 12);
    bytes_put_u32(table + 16, 1);
    bytes_put_u64(table + 24, 0x50000000);
    bytes_put_u64(table + 32, 0x50001000);
    bytes_put_u64(table + 40, 0x50000000);
    bytes_put_u32(table + 48, 1);
    bytes_put_u32(table + 56, 0x100);
    bytes_put_u32(table + 60, 0x180);
    dump_add_stream(dump, 13, table, sizeof(table));
}

struct span dump_typical(struct dump *dump)
{
    static const uint64_t stack0[20] = {[2] = 7, [5] = 0x140001234, [11] = 0x7ff900003333, [12] = 0x140002222, [17] = 0x7ff800001111};
    static const uint64_t stack1[] = {0x7ff800005555, 0, 0x7ff900006666, 0};
    static const uint8_t codeview[] = "RSDS\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x02\0\0\0C:\\build\\app.pdb";
    static const char record[] =
        "format=1\nid=0f1e2d3c-0000-5000-8000-000000000001\napp=app.exe\nversion=1.2.3\nlayer=monitor\nsource=filter\n"
        "annotation.user=ann\n";
    static const char log[] = "first line\nsecond line\n";
    uint8_t memory[64] = {0};

    dump_begin(dump, CPU_AMD64);
    dump_add_module(dump,
                    &(struct dump_module){
                        0x140000000, 0x10000, 0x5f000001, "C:\\Program Files\\App\\app.exe", {1, 2, 3, 4}, codeview, sizeof(codeview)});
    dump_add_module(
        dump, &(struct dump_module){0x7ff800000000, 0x200000, 0x5f000002, "C:\\Windows\\System32\\ntdll.dll", {10, 0, 1, 1}, NULL, 0});
    dump_add_module(
        dump, &(struct dump_module){0x7ff900000000, 0x100000, 0x5f000003, "C:\\Windows\\System32\\kernel32.dll", {10, 0, 1, 1}, NULL, 0});
    dump_add_thread(dump, &(struct dump_thread){1001, 0x140001450, 0x10000, 0x10000, stack0, 20, "main"});
    dump_add_thread(dump, &(struct dump_thread){1002, 0x7ff800004444, 0x20000, 0x20000, stack1, 4, "worker"});
    dump_add_exception(dump, 1001, 0xc0000005, 0x140001450, (const uint64_t[]){1, 0x10}, 2);
    dump_add_misc(dump, 4711, 1699999000);
    dump_add_stream(dump, PROTO_STREAM_RECORD, record, sizeof(record) - 1);
    dump_add_stream(dump, PROTO_STREAM_LOG, log, sizeof(log) - 1);
    dump_add_memory(dump, 0x30000, memory, sizeof(memory));
    add_extras(dump);
    return dump_finish(dump);
}

static uint64_t touch_bytes(struct span bytes)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < bytes.len; i++)
        sum += bytes.data[i];
    return sum;
}

static uint64_t touch_modules(const struct minidump *minidump)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < minidump->module_count; i++) {
        const struct minidump_module *module = &minidump->modules[i];

        sum += strlen(module->path) + strlen(module->name) + strlen(module->debug_file) + strlen(module->debug_id) +
               strlen(module->code_id) + minidump_module_at(minidump, module->base);
    }
    for (size_t i = 0; i < minidump->unloaded_count; i++)
        sum += strlen(minidump->unloaded[i].name);
    for (size_t i = 0; i < minidump->annotation_count; i++)
        sum += strlen(minidump->annotations[i].key) + strlen(minidump->annotations[i].value);
    for (size_t i = 0; i < minidump->handle_count; i++)
        sum += strlen(minidump->handles[i].type) + strlen(minidump->handles[i].name);
    for (size_t i = 0; i < minidump->soft_error_count; i++)
        sum += strlen(minidump->soft_errors[i]);
    return sum;
}

static uint64_t touch_threads(const struct minidump *minidump)
{
    uint64_t sum = 0, word;

    for (size_t i = 0; i < minidump->thread_count; i++) {
        struct cpu_state registers;
        char text[64];

        if (!minidump_thread_state(minidump, i, &registers)) {
            sum += cpu_ip(&registers);
            if (minidump_memory_read(minidump, cpu_sp(&registers), &word, sizeof(word)))
                sum += word;
        }
        sum += minidump_last_error(minidump, i, text, sizeof(text)) + touch_bytes(minidump->threads[i].stack);
        sum += minidump_thread_shadow_stack(minidump, i, &word);
        if (minidump->threads[i].name)
            sum += strlen(minidump->threads[i].name);
    }
    return sum;
}

uint64_t dump_touch(const struct minidump *minidump)
{
    struct minidump_reason reason;
    uint64_t sum = touch_modules(minidump) + touch_threads(minidump);

    for (size_t i = 0; i < minidump->range_count; i++)
        sum += touch_bytes(minidump->ranges[i].bytes);
    for (size_t i = 0; i < minidump->region_count; i++)
        sum += minidump_region_at(minidump, minidump->regions[i].address) != NULL;
    for (size_t i = 0; i < minidump->stream_count; i++)
        sum += touch_bytes(minidump->streams[i].bytes);
    minidump_reason(minidump, &reason);
    return sum + strlen(reason.type) + strlen(reason.sentence) + strlen(minidump->comment) + strlen(minidump->assertion) +
           strlen(minidump->misc.build) + strlen(minidump->system.service_pack);
}
