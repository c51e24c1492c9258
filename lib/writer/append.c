/* append.c - see append.h. */
#include "writer/append.h"
#include "base/buffer.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/win/error.h"
#include "writer/memory_list.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
/* After windows.h. */
#include <tlhelp32.h>

#define HEADER_BYTES        32
#define ENTRY_BYTES         12
#define MAX_STREAMS         128
#define MAX_REGIONS         65536
#define MAX_THREADS         4096
#define MAX_NAME_CHARS      256
#define MAX_APPENDED        (16u * 1024 * 1024)
#define MDMP                0x504d444du
#define MAX_MEMORY_ENTRIES  65536
#define STREAM_THREADS      3u
#define STREAM_MEMORY       5u
#define STREAM_MEMORY_64    9u
#define STREAM_MISC_INFO    15u
#define STREAM_MEMORY_INFO  16u
#define STREAM_THREAD_NAMES 24u
#define MISC_PROCESS_ID     1u
#define MISC_PROCESS_TIMES  2u
#define MISC_TIMES_BYTES    24u
#define MEMORY_INFO_ENTRY   48u
#define MEMORY_INFO_HEADER  16u
#define THREAD_NAME_ENTRY   12u
#define THREAD_ENTRY        48u

typedef HRESULT(WINAPI *description_function)(HANDLE, PWSTR *);

struct dump {
    HANDLE file, process;
    DWORD pid;
    uint64_t end; /* of what is in the file */
    uint64_t most_bytes;
    uint8_t header[HEADER_BYTES];
    uint8_t directory[(MAX_STREAMS + 4) * ENTRY_BYTES];
    uint32_t streams;
    struct buffer tail;   /* what goes behind end */
    struct buffer memory; /* the entries of its memory list */
    bool memory_changed;  /* they are to be written anew */
};

static enum status read_at(HANDLE file, uint64_t offset, void *ret, DWORD size)
{
    OVERLAPPED where = {0};
    DWORD got = 0;

    where.Offset = (DWORD)offset;
    where.OffsetHigh = (DWORD)(offset >> 32);
    if (!ReadFile(file, ret, size, &got, &where))
        return error_last();
    return got == size ? ST_OK : ST_TRUNCATED;
}

static enum status write_at(HANDLE file, uint64_t offset, const void *bytes, size_t size)
{
    OVERLAPPED where = {0};
    DWORD put = 0;

    where.Offset = (DWORD)offset;
    where.OffsetHigh = (DWORD)(offset >> 32);
    if (!WriteFile(file, bytes, (DWORD)size, &put, &where))
        return error_last();
    return put == size ? ST_OK : ST_FULL;
}

static enum status load(struct dump *dump)
{
    LARGE_INTEGER size;
    uint32_t directory;
    enum status status;

    if (!GetFileSizeEx(dump->file, &size))
        return error_last();
    dump->end = (uint64_t)size.QuadPart;
    status = read_at(dump->file, 0, dump->header, HEADER_BYTES);
    if (status != ST_OK)
        return status;
    dump->streams = bytes_u32(dump->header + 8);
    directory = bytes_u32(dump->header + 12);
    if (bytes_u32(dump->header) != MDMP || !dump->streams || dump->streams > MAX_STREAMS)
        return ST_FORMAT;
    return read_at(dump->file, directory, dump->directory, dump->streams * ENTRY_BYTES);
}

/* The directory entry of a stream that has contents, or NULL. Wine leaves empty entries. */
static uint8_t *find_stream(struct dump *dump, uint32_t type)
{
    uint32_t i;
    for (i = 0; i < dump->streams; i++) {
        uint8_t *entry = dump->directory + i * ENTRY_BYTES;
        if (bytes_u32(entry) == type && bytes_u32(entry + 4))
            return entry;
    }
    return NULL;
}

static uint64_t aligned(uint64_t offset)
{
    return (offset + 7) & ~(uint64_t)7;
}

/* Where the next byte of the tail will stand in the file; aligned first. */
static enum status tail_offset(struct dump *dump, uint32_t *ret)
{
    static const uint8_t zeros[8];
    uint64_t before = dump->end + dump->tail.len, at = aligned(before);
    enum status status = buffer_append(&dump->tail, zeros, (size_t)(at - before));

    if (status == ST_OK && at > UINT32_MAX - MAX_APPENDED)
        status = ST_TOO_LARGE;
    if (status == ST_OK)
        *ret = (uint32_t)at;
    return status;
}

static enum status flush(struct dump *dump)
{
    enum status status = write_at(dump->file, dump->end, dump->tail.data, dump->tail.len);

    if (status != ST_OK)
        return status;
    dump->end += dump->tail.len;
    dump->tail.len = 0;
    return ST_OK;
}

/* Takes away what was written behind the end and then found too much. */
static enum status cut_at_end(const struct dump *dump)
{
    LARGE_INTEGER end;

    end.QuadPart = (LONGLONG)dump->end;
    return SetFilePointerEx(dump->file, end, NULL, FILE_BEGIN) && SetEndOfFile(dump->file) ? ST_OK : error_last();
}

static void set_entry(uint8_t *entry, uint32_t type, uint32_t size, uint32_t offset)
{
    bytes_put_u32(entry, type);
    bytes_put_u32(entry + 4, size);
    bytes_put_u32(entry + 8, offset);
}

static void add_entry(struct dump *dump, uint32_t type, uint32_t size, uint32_t offset)
{
    set_entry(dump->directory + dump->streams * ENTRY_BYTES, type, size, offset);
    dump->streams++;
}

/* -- threads -- */

/* Wine's list keeps the length that it would have with the threads that were left out, which readers take for damage. Mended in place, so
 * that it holds whatever becomes of the rest. */
static enum status trim_threads(struct dump *dump)
{
    uint8_t *entry = find_stream(dump, STREAM_THREADS), count[4];
    uint64_t directory = bytes_u32(dump->header + 12);
    uint32_t size;
    enum status status;

    if (!entry)
        return ST_OK;
    status = read_at(dump->file, bytes_u32(entry + 8), count, sizeof count);
    if (status != ST_OK)
        return status;
    if (bytes_u32(count) > MAX_THREADS)
        return ST_OK;
    size = (uint32_t)sizeof count + bytes_u32(count) * THREAD_ENTRY;
    if (size >= bytes_u32(entry + 4))
        return ST_OK;
    bytes_put_u32(entry + 4, size);
    return write_at(dump->file, directory + (uint64_t)(entry - dump->directory), entry, ENTRY_BYTES);
}

/* -- memory information -- */

static void encode_region(uint8_t ret[MEMORY_INFO_ENTRY], const MEMORY_BASIC_INFORMATION *region)
{
    memset(ret, 0, MEMORY_INFO_ENTRY);
    bytes_put_u64(ret, (uint64_t)(uintptr_t)region->BaseAddress);
    bytes_put_u64(ret + 8, (uint64_t)(uintptr_t)region->AllocationBase);
    bytes_put_u32(ret + 16, region->AllocationProtect);
    bytes_put_u64(ret + 24, region->RegionSize);
    bytes_put_u32(ret + 32, region->State);
    bytes_put_u32(ret + 36, region->Protect);
    bytes_put_u32(ret + 40, region->Type);
}

static enum status append_memory_info(struct dump *dump)
{
    uint8_t head[MEMORY_INFO_HEADER], entry[MEMORY_INFO_ENTRY];
    MEMORY_BASIC_INFORMATION region;
    uint32_t offset = 0, count = 0;
    const uint8_t *at = NULL;
    size_t start;
    enum status status;

    if (find_stream(dump, STREAM_MEMORY_INFO))
        return ST_OK;
    status = tail_offset(dump, &offset);
    start = dump->tail.len;
    memset(head, 0, sizeof head);
    if (status == ST_OK)
        status = buffer_append(&dump->tail, head, sizeof head);
    while (status == ST_OK && count < MAX_REGIONS && VirtualQueryEx(dump->process, at, &region, sizeof region) && region.RegionSize) {
        encode_region(entry, &region);
        status = buffer_append(&dump->tail, entry, sizeof entry);
        count++;
        if ((uintptr_t)region.BaseAddress > UINTPTR_MAX - region.RegionSize)
            break;
        at = (const uint8_t *)region.BaseAddress + region.RegionSize;
    }
    if (status != ST_OK || !count)
        return status;
    bytes_put_u32(dump->tail.data + start, MEMORY_INFO_HEADER);
    bytes_put_u32(dump->tail.data + start + 4, MEMORY_INFO_ENTRY);
    bytes_put_u64(dump->tail.data + start + 8, count);
    add_entry(dump, STREAM_MEMORY_INFO, (uint32_t)(dump->tail.len - start), offset);
    return ST_OK;
}

/* -- thread names -- */

struct thread_name {
    uint32_t id;
    uint32_t chars; /* 0 = no name */
    wchar_t text[MAX_NAME_CHARS];
};

static description_function find_description(void)
{
    HMODULE kernel = GetModuleHandleW(L"kernel32.dll");
    FARPROC found = kernel ? GetProcAddress(kernel, "GetThreadDescription") : NULL;

    if (!found && (kernel = GetModuleHandleW(L"kernelbase.dll")) != NULL)
        found = GetProcAddress(kernel, "GetThreadDescription");
    return (description_function)(void (*)(void))found;
}

static void read_name(description_function describe, DWORD id, struct thread_name *ret)
{
    HANDLE thread = OpenThread(THREAD_QUERY_LIMITED_INFORMATION, FALSE, id);
    PWSTR text = NULL;

    ret->id = id;
    ret->chars = 0;
    if (!thread)
        return;
    if (SUCCEEDED(describe(thread, &text)) && text) {
        size_t chars = wcslen(text);
        ret->chars = (uint32_t)(chars < MAX_NAME_CHARS ? chars : MAX_NAME_CHARS);
        memcpy(ret->text, text, ret->chars * sizeof *text);
        LocalFree(text);
    }
    CloseHandle(thread);
}

/* A MINIDUMP_STRING: length in bytes, UTF-16, terminator. */
static enum status append_string(struct dump *dump, const struct thread_name *name, uint32_t *ret_offset)
{
    uint8_t size[4];
    enum status status = tail_offset(dump, ret_offset);

    bytes_put_u32(size, name->chars * 2);
    if (status == ST_OK)
        status = buffer_append(&dump->tail, size, sizeof size);
    if (status == ST_OK)
        status = buffer_append(&dump->tail, name->text, name->chars * 2);
    return status == ST_OK ? buffer_append(&dump->tail, "\0", 2) : status;
}

static enum status collect_names(struct dump *dump, struct buffer *entries)
{
    description_function describe = find_description();
    HANDLE snapshot = describe ? CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0) : INVALID_HANDLE_VALUE;
    struct thread_name name;
    THREADENTRY32 thread;
    enum status status = ST_OK;
    BOOL more;

    if (snapshot == INVALID_HANDLE_VALUE)
        return ST_OK; /* a system without thread descriptions */
    thread.dwSize = sizeof thread;
    for (more = Thread32First(snapshot, &thread); more && status == ST_OK; more = Thread32Next(snapshot, &thread)) {
        uint8_t entry[THREAD_NAME_ENTRY];
        uint32_t offset;
        if (thread.th32OwnerProcessID != dump->pid)
            continue;
        read_name(describe, thread.th32ThreadID, &name);
        if (!name.chars)
            continue;
        status = append_string(dump, &name, &offset);
        bytes_put_u32(entry, name.id);
        bytes_put_u64(entry + 4, status == ST_OK ? offset : 0);
        if (status == ST_OK)
            status = buffer_append(entries, entry, sizeof entry);
    }
    CloseHandle(snapshot);
    return status;
}

static enum status append_thread_names(struct dump *dump)
{
    struct buffer entries;
    uint32_t offset;
    uint8_t count[4];
    enum status status;

    if (find_stream(dump, STREAM_THREAD_NAMES))
        return ST_OK;
    buffer_init(&entries, MAX_THREADS * THREAD_NAME_ENTRY);
    status = collect_names(dump, &entries);
    if (status == ST_OK && entries.len) {
        status = tail_offset(dump, &offset);
        bytes_put_u32(count, (uint32_t)(entries.len / THREAD_NAME_ENTRY));
        if (status == ST_OK)
            status = buffer_append(&dump->tail, count, sizeof count);
        if (status == ST_OK)
            status = buffer_append(&dump->tail, entries.data, entries.len);
        if (status == ST_OK)
            add_entry(dump, STREAM_THREAD_NAMES, (uint32_t)(sizeof count + entries.len), offset);
    }
    buffer_done(&entries);
    return status;
}

/* -- process times -- */

static uint64_t filetime_value(FILETIME time)
{
    return (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

static bool has_times(struct dump *dump, uint8_t **ret_entry)
{
    uint8_t info[8];
    *ret_entry = find_stream(dump, STREAM_MISC_INFO);
    return *ret_entry && read_at(dump->file, bytes_u32(*ret_entry + 8), info, sizeof info) == ST_OK &&
           bytes_u32(info + 4) & MISC_PROCESS_TIMES;
}

/* Replaces a MiscInfo without times by one that has them; what else stood in it (processor speeds, time zone) Wine leaves empty. */
static enum status append_times(struct dump *dump)
{
    FILETIME created, exited, kernel, user;
    uint8_t info[MISC_TIMES_BYTES], *entry;
    uint32_t offset = 0;
    enum status status;

    if (has_times(dump, &entry) || !GetProcessTimes(dump->process, &created, &exited, &kernel, &user))
        return ST_OK;
    bytes_put_u32(info, sizeof info);
    bytes_put_u32(info + 4, MISC_PROCESS_ID | MISC_PROCESS_TIMES);
    bytes_put_u32(info + 8, dump->pid);
    bytes_put_u32(info + 12, (uint32_t)(clock_from_filetime(filetime_value(created)) / 1000));
    bytes_put_u32(info + 16, (uint32_t)(filetime_value(user) / 10000000u));
    bytes_put_u32(info + 20, (uint32_t)(filetime_value(kernel) / 10000000u));
    status = tail_offset(dump, &offset);
    if (status == ST_OK)
        status = buffer_append(&dump->tail, info, sizeof info);
    if (status == ST_OK && entry)
        set_entry(entry, STREAM_MISC_INFO, sizeof info, offset);
    else if (status == ST_OK)
        add_entry(dump, STREAM_MISC_INFO, sizeof info, offset);
    return status;
}

/* -- memory: what is there is put in order, and what the program asked for is added -- */

static enum status load_memory_list(struct dump *dump, const uint8_t *entry, struct buffer *ret)
{
    uint32_t size = bytes_u32(entry + 4), offset = bytes_u32(entry + 8), count;
    uint8_t head[4];
    enum status status = size < sizeof head ? ST_FORMAT : read_at(dump->file, offset, head, sizeof head);

    if (status != ST_OK)
        return status;
    count = bytes_u32(head);
    if (count > MAX_MEMORY_ENTRIES || size != sizeof head + count * MEMORY_LIST_ENTRY_BYTES)
        return ST_FORMAT;
    status = count ? buffer_reserve(ret, count * MEMORY_LIST_ENTRY_BYTES) : ST_OK;
    if (status == ST_OK && count)
        status = read_at(dump->file, offset + sizeof head, ret->data, count * MEMORY_LIST_ENTRY_BYTES);
    if (status == ST_OK)
        ret->len = count * MEMORY_LIST_ENTRY_BYTES;
    return status;
}

static enum status store_memory_list(struct dump *dump, uint8_t *entry, const struct buffer *entries)
{
    uint8_t count[4];
    uint32_t offset = 0, size = (uint32_t)(sizeof count + entries->len);
    enum status status = tail_offset(dump, &offset);

    bytes_put_u32(count, (uint32_t)(entries->len / MEMORY_LIST_ENTRY_BYTES));
    if (status == ST_OK)
        status = buffer_append(&dump->tail, count, sizeof count);
    if (status == ST_OK)
        status = buffer_append(&dump->tail, entries->data, entries->len);
    if (status == ST_OK && entry)
        set_entry(entry, STREAM_MEMORY, size, offset);
    else if (status == ST_OK)
        add_entry(dump, STREAM_MEMORY, size, offset);
    return status;
}

/* A full dump has all memory in a list of its own. */
static bool has_memory_list(struct dump *dump)
{
    return !find_stream(dump, STREAM_MEMORY_64);
}

static enum status load_memory(struct dump *dump)
{
    uint8_t *entry = find_stream(dump, STREAM_MEMORY);
    enum status status = entry && has_memory_list(dump) ? load_memory_list(dump, entry, &dump->memory) : ST_OK;

    dump->memory_changed = status == ST_OK && memory_list_settle(&dump->memory);
    return status;
}

/* Whether the dump with its tail, memory list and directory stays within its bound. */
static bool fits(struct dump *dump)
{
    uint64_t list = dump->memory_changed ? 4 + dump->memory.len : 0;
    uint64_t directory = aligned(aligned(dump->end + dump->tail.len) + list);
    uint64_t streams = dump->streams + (dump->memory_changed && !find_stream(dump, STREAM_MEMORY) ? 1u : 0u);

    return directory <= dump->most_bytes && streams * ENTRY_BYTES <= dump->most_bytes - directory;
}

/* The range is in the file and in the list, or neither. */
static enum status append_range(struct dump *dump, const struct block_range *range, bool *ret_fits)
{
    uint64_t end = dump->end;
    size_t before = dump->memory.len;
    bool changed = dump->memory_changed;
    enum status status = memory_list_add(dump->file, &dump->end, dump->most_bytes, &dump->memory, dump->process, range);

    *ret_fits = status != ST_TOO_LARGE;
    dump->memory_changed = changed || dump->memory.len > before;
    if (status == ST_OK && !fits(dump)) {
        *ret_fits = false;
        dump->end = end;
        dump->memory.len = before;
        dump->memory_changed = changed;
    }
    return status == ST_TRUNCATED || status == ST_TOO_LARGE ? ST_OK : status;
}

/* The bytes go straight into the file, so what is in the tail by now goes there first. */
static enum status append_memory(struct dump *dump, const struct minidump_addition *addition, uint64_t *ret_over)
{
    uint8_t *entry = find_stream(dump, STREAM_MEMORY);
    enum status status = flush(dump);
    bool range_fits;

    for (size_t i = 0; status == ST_OK && has_memory_list(dump) && i < addition->range_count; i++) {
        status = append_range(dump, &addition->ranges[i], &range_fits);
        *ret_over |= range_fits ? 0 : 1ull << i;
    }
    return status == ST_OK && dump->memory_changed ? store_memory_list(dump, entry, &dump->memory) : status;
}

/* Large where a process has many regions, and the one part without which a dump is as good as with it. */
static enum status append_memory_info_if_it_fits(struct dump *dump, uint64_t *ret_over)
{
    size_t before = dump->tail.len;
    uint32_t streams = dump->streams;
    enum status status = append_memory_info(dump);

    if (status == ST_OK && !fits(dump)) {
        dump->tail.len = before;
        dump->streams = streams;
        *ret_over |= MINIDUMP_OVER_INFORMATION;
    }
    return status;
}

/* The directory last of all in the file, and then the header, which makes everything count. */
static enum status store(struct dump *dump)
{
    uint32_t directory = 0;
    enum status status = tail_offset(dump, &directory);

    if (status == ST_OK)
        status = buffer_append(&dump->tail, dump->directory, dump->streams * ENTRY_BYTES);
    if (status == ST_OK)
        status = flush(dump);
    if (status == ST_OK)
        status = cut_at_end(dump);
    if (status != ST_OK)
        return status;
    bytes_put_u32(dump->header + 8, dump->streams);
    bytes_put_u32(dump->header + 12, directory);
    return write_at(dump->file, 0, dump->header, HEADER_BYTES);
}

static enum status append_all(struct dump *dump, const struct minidump_addition *addition, uint64_t *ret_over)
{
    enum status status = load(dump);

    if (status == ST_OK)
        status = trim_threads(dump);
    if (status == ST_OK)
        status = load_memory(dump);
    if (status == ST_OK)
        status = append_times(dump);
    if (status == ST_OK)
        status = append_thread_names(dump);
    if (status == ST_OK)
        status = append_memory_info_if_it_fits(dump, ret_over);
    if (status == ST_OK)
        status = append_memory(dump, addition, ret_over);
    return status == ST_OK ? store(dump) : status;
}

enum status minidump_append(const struct minidump_addition *addition, uint64_t *ret_over)
{
    struct dump *dump = calloc(1, sizeof *dump);
    enum status status;

    *ret_over = 0;
    if (!dump)
        return ST_MEMORY;
    dump->file = addition->file;
    dump->process = addition->process;
    dump->pid = addition->pid;
    dump->most_bytes = addition->most_bytes;
    buffer_init(&dump->tail, MAX_APPENDED);
    buffer_init(&dump->memory, 2 * MAX_MEMORY_ENTRIES * MEMORY_LIST_ENTRY_BYTES);
    status = append_all(dump, addition, ret_over);
    buffer_done(&dump->memory);
    buffer_done(&dump->tail);
    free(dump);
    return status;
}
