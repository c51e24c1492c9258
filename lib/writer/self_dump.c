/* self_dump.c - see self_dump.h.
 *
 * Everything is read through ReadProcessMemory, also our own: what is damaged or gone meanwhile is then a read that fails. Each thread is
 * stopped while its registers and stack are read and no longer; the one that died waits for us and is not stopped, so that its bound holds
 * whatever becomes of this. */
#include "writer/self_dump.h"
#include "base/buffer.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "writer/memory_list.h"
#include <stdbool.h>
#include <string.h>
/* After windows.h. */
#include <winternl.h>

#define MDMP                0x504d444du
#define MDMP_VERSION        0xa793u
#define HEADER_BYTES        32u
#define ENTRY_BYTES         12u
#define THREAD_BYTES        48u
#define MODULE_BYTES        108u
#define EXCEPTION_BYTES     168u
#define SYSTEM_BYTES        56u
#define MISC_BYTES          24u
#define REGION_BYTES        48u
#define NAME_BYTES          12u
#define MAX_STREAMS         (8 + MINIDUMP_MAX_STREAMS)
#define MAX_THREADS         2048u
#define MAX_MODULES         1024u
#define MAX_MEMORY          8192u
#define MAX_NAME_CHARS      1024u
#define MAX_CODEVIEW_BYTES  1024u
#define MAX_FULL_BYTES      (3ull << 30)
#define OFF_STACK_BYTES     65536u /* of a stack whose end is not known */
#define AROUND_CODE_BYTES   256u
#define POINTED_BYTES       512u
#define POINTING_WORDS      1024u /* of the stack of the thread that died */
#define THREAD_BASIC        0
#define THREAD_NAME         38
#define MISC_PROCESS_ID     1u
#define MISC_PROCESS_TIMES  2u
#define CODEVIEW_RSDS       0x53445352u
#define IMAGE_DEBUG_ENTRY   28u
#define STREAM_THREADS      3u
#define STREAM_MODULES      4u
#define STREAM_MEMORY       5u
#define STREAM_EXCEPTION    6u
#define STREAM_SYSTEM       7u
#define STREAM_MISC         15u
#define STREAM_REGIONS      16u
#define STREAM_THREAD_NAMES 24u

#if defined(_M_X64) || defined(__x86_64__)
#define CPU          9u
#define CPU_SP(c)    ((c)->Rsp)
#define CPU_IP(c)    ((c)->Rip)
#define CPU_WORDS(c) (&(c)->Rax)
#define CPU_WORDS_OF 16u
#elif defined(_M_ARM64) || defined(__aarch64__)
#define CPU          12u
#define CPU_SP(c)    ((c)->Sp)
#define CPU_IP(c)    ((c)->Pc)
#define CPU_WORDS(c) ((c)->X)
#define CPU_WORDS_OF 29u
#else
#define CPU          0u
#define CPU_SP(c)    ((c)->Esp)
#define CPU_IP(c)    ((c)->Eip)
#define CPU_WORDS(c) (&(c)->Edi)
#define CPU_WORDS_OF 6u
#endif

typedef NTSTATUS(NTAPI *next_thread_function)(HANDLE, HANDLE, ACCESS_MASK, ULONG, ULONG, PHANDLE);
typedef NTSTATUS(NTAPI *query_thread_function)(HANDLE, int, PVOID, ULONG, PULONG);
typedef PEB *(NTAPI *peb_function)(void);
typedef void(NTAPI *version_function)(OSVERSIONINFOEXW *);

/* THREAD_BASIC_INFORMATION, which winternl.h does not show. */
struct thread_basic {
    NTSTATUS exit_status;
    PVOID teb;
    HANDLE process_id, thread_id;
    ULONG_PTR affinity;
    LONG priority, base_priority;
};

/* Made by self_dump_prepare, and the dump in hand. */
static struct {
    next_thread_function next_thread;
    query_thread_function query_thread;
    const PEB *peb;
    uint8_t system[SYSTEM_BYTES];
    struct buffer memory; /* descriptors; reserved whole */
    HANDLE file;
    uint64_t end;
    uint32_t streams;
    uint8_t directory[MAX_STREAMS * ENTRY_BYTES];
    uint8_t threads[4 + MAX_THREADS * THREAD_BYTES], names[4 + MAX_THREADS * NAME_BYTES], modules[4 + MAX_MODULES * MODULE_BYTES];
    CONTEXT context;
} dump;

/* -- reading -- */

static bool get(uint64_t address, void *ret, size_t size)
{
    SIZE_T got = 0;
    return ReadProcessMemory(GetCurrentProcess(), (const void *)(uintptr_t)address, ret, size, &got) && got == size;
}

static bool region_at(uint64_t address, MEMORY_BASIC_INFORMATION *ret)
{
    return VirtualQuery((const void *)(uintptr_t)address, ret, sizeof *ret) != 0 && ret->RegionSize != 0;
}

/* What is only reserved has no protection. */
static bool is_readable(const MEMORY_BASIC_INFORMATION *region)
{
    return region->Protect && !(region->Protect & (PAGE_GUARD | PAGE_NOACCESS));
}

static uint64_t region_end(const MEMORY_BASIC_INFORMATION *region)
{
    return (uint64_t)(uintptr_t)region->BaseAddress + region->RegionSize;
}

/* -- writing -- */

static bool write_at(uint64_t offset, const void *bytes, size_t size)
{
    OVERLAPPED where = {0};
    DWORD put = 0;

    where.Offset = (DWORD)offset;
    where.OffsetHigh = (DWORD)(offset >> 32);
    return WriteFile(dump.file, bytes, (DWORD)size, &put, &where) && put == size;
}

/* Puts the bytes behind what there is; where they stand goes into *ret. Everything that is found by 32 bits must stand below 4 GiB. */
static bool put(const void *bytes, size_t size, uint32_t *ret)
{
    dump.end = (dump.end + 7) & ~(uint64_t)7;
    if (dump.end + size > UINT32_MAX || !write_at(dump.end, bytes, size))
        return false;
    *ret = (uint32_t)dump.end;
    dump.end += size;
    return true;
}

static void add_stream(uint32_t type, uint32_t size, uint32_t offset)
{
    uint8_t *entry = dump.directory + dump.streams++ * ENTRY_BYTES;

    bytes_put_u32(entry, type);
    bytes_put_u32(entry + 4, size);
    bytes_put_u32(entry + 8, offset);
}

static bool put_stream(uint32_t type, const void *bytes, size_t size)
{
    uint32_t offset = 0;

    if (!put(bytes, size, &offset))
        return false;
    add_stream(type, (uint32_t)size, offset);
    return true;
}

/* A MINIDUMP_STRING of text that may come without a terminator; 0 when there was no room. */
static uint32_t put_string(const wchar_t *text, size_t chars)
{
    static uint8_t string[4 + MAX_NAME_CHARS * 2 + 2];
    uint32_t offset = 0;

    if (chars > MAX_NAME_CHARS)
        chars = MAX_NAME_CHARS;
    bytes_put_u32(string, (uint32_t)(chars * 2));
    memcpy(string + 4, text, chars * 2);
    bytes_put_u16(string + 4 + chars * 2, 0);
    return put(string, 4 + chars * 2 + 2, &offset) ? offset : 0;
}

/* -- memory -- */

static bool add_memory(uint64_t start, uint64_t end)
{
    struct block_range range = {start, end - start};
    return memory_list_add(dump.file, &dump.end, UINT32_MAX, &dump.memory, GetCurrentProcess(), &range) == ST_OK;
}

/* Some memory around an address, as far as it can be read. */
static void add_around(uint64_t address, uint64_t before, uint64_t after)
{
    MEMORY_BASIC_INFORMATION region;
    uint64_t start, end;

    if (!region_at(address, &region) || !is_readable(&region))
        return;
    start = (uint64_t)(uintptr_t)region.BaseAddress;
    end = region_end(&region);
    add_memory(address - start > before ? address - before : start, end - address > after ? address + after : end);
}

/* What a word points to, when that is data: code and constants are in the images. */
static void add_pointed(uint64_t address)
{
    MEMORY_BASIC_INFORMATION region;

    if (dump.memory.len < MAX_MEMORY / 2 * MEMORY_LIST_ENTRY_BYTES && region_at(address, &region) && is_readable(&region) &&
        (region.Type != MEM_IMAGE || region.Protect & (PAGE_READWRITE | PAGE_WRITECOPY)))
        add_around(address, 0, POINTED_BYTES);
}

/* Where the stack that sp points into ends; a fiber's, or none of the thread's, ends somewhere. */
static uint64_t stack_end(uint64_t sp, const NT_TIB *tib)
{
    uint64_t base = (uint64_t)(uintptr_t)tib->StackBase;
    MEMORY_BASIC_INFORMATION here, top;

    if (sp < base && region_at(sp, &here) && region_at(base - 1, &top) && here.AllocationBase == top.AllocationBase)
        return base;
    return sp + OFF_STACK_BYTES;
}

/* The stack from sp on, without what has been taken out of it. The first piece's descriptor goes into the thread's entry. */
static void add_stack(uint64_t sp, const NT_TIB *tib, uint8_t *thread)
{
    uint64_t at = sp, end = stack_end(sp, tib);
    MEMORY_BASIC_INFORMATION region;

    while (at < end && region_at(at, &region)) {
        uint64_t stop = region_end(&region) < end ? region_end(&region) : end;
        size_t before = dump.memory.len;
        if (is_readable(&region) && add_memory(at, stop) && at == sp && dump.memory.len > before)
            memcpy(thread + 24, dump.memory.data + before, MEMORY_LIST_ENTRY_BYTES);
        at = stop;
    }
}

/* -- threads -- */

/* The registers in dump.context, with the stack that they point into. */
static bool put_thread(uint32_t id, uint64_t teb, uint8_t *entry)
{
    uint32_t offset = 0;
    NT_TIB tib;

    memset(entry, 0, THREAD_BYTES);
    bytes_put_u32(entry, id);
    bytes_put_u64(entry + 16, teb);
    if (get(teb, &tib, sizeof tib))
        add_stack(CPU_SP(&dump.context), &tib, entry);
    if (!put(&dump.context, sizeof dump.context, &offset))
        return false;
    bytes_put_u32(entry + 40, sizeof dump.context);
    bytes_put_u32(entry + 44, offset);
    return true;
}

/* The one that died has the registers of its fault. */
static bool put_any_thread(HANDLE thread, const struct thread_basic *basic, const struct block_exception *dead, uint8_t *entry)
{
    uint32_t id = (uint32_t)(uintptr_t)basic->thread_id;
    bool is_dead = dead && dead->thread_id == id, is_put;

    if (!is_dead && SuspendThread(thread) == (DWORD)-1)
        return false; /* it has just ended */
    memset(&dump.context, 0, sizeof dump.context);
    dump.context.ContextFlags = CONTEXT_ALL;
    if (is_dead)
        memcpy(&dump.context, dead->context, sizeof dump.context);
    is_put = (is_dead || GetThreadContext(thread, &dump.context)) && put_thread(id, (uint64_t)(uintptr_t)basic->teb, entry);
    if (!is_dead)
        ResumeThread(thread);
    return is_put;
}

/* A thread's name, if it has one, as entry number count. */
static uint32_t put_name(HANDLE thread, uint32_t id, uint32_t count)
{
    static union {
        UNICODE_STRING text;
        uint8_t bytes[sizeof(UNICODE_STRING) + MAX_NAME_CHARS * 2];
    } name;
    uint8_t *entry = dump.names + 4 + count * NAME_BYTES;
    ULONG size;

    if (dump.query_thread(thread, THREAD_NAME, &name, sizeof name, &size) < 0 || !name.text.Length)
        return 0;
    bytes_put_u32(entry, id);
    bytes_put_u64(entry + 4, put_string(name.text.Buffer, name.text.Length / 2));
    return 1;
}

static bool has_context(const struct minidump_request *request)
{
    return request->exception && request->exception->context_size_bytes == sizeof(CONTEXT);
}

static bool put_threads(const struct minidump_request *request)
{
    const ACCESS_MASK rights = THREAD_QUERY_INFORMATION | THREAD_GET_CONTEXT | THREAD_SUSPEND_RESUME;
    const struct block_exception *dead = has_context(request) ? request->exception : NULL;
    uint32_t count = 0, named = 0;
    HANDLE thread = NULL, next;
    struct thread_basic basic;

    while (count < MAX_THREADS && dump.next_thread(GetCurrentProcess(), thread, rights, 0, 0, &next) >= 0) {
        if (thread)
            CloseHandle(thread);
        thread = next;
        if (dump.query_thread(thread, THREAD_BASIC, &basic, sizeof basic, NULL) < 0 || (uintptr_t)basic.thread_id == GetCurrentThreadId() ||
            !put_any_thread(thread, &basic, dead, dump.threads + 4 + count * THREAD_BYTES))
            continue;
        named += put_name(thread, (uint32_t)(uintptr_t)basic.thread_id, named);
        count++;
    }
    if (thread)
        CloseHandle(thread);
    bytes_put_u32(dump.threads, count);
    bytes_put_u32(dump.names, named);
    return put_stream(STREAM_THREADS, dump.threads, 4 + count * THREAD_BYTES) &&
           (!named || put_stream(STREAM_THREAD_NAMES, dump.names, 4 + named * NAME_BYTES));
}

/* -- modules -- */

/* The record that leads to an image's PDB, whole; its size, or 0. */
static uint32_t put_codeview(uint64_t base, uint64_t directory, uint32_t size, uint32_t *ret_offset)
{
    static uint8_t record[MAX_CODEVIEW_BYTES];
    uint8_t entry[IMAGE_DEBUG_ENTRY];

    for (uint64_t at = base + directory; size >= sizeof entry && get(at, entry, sizeof entry); at += sizeof entry, size -= sizeof entry) {
        uint32_t bytes = bytes_u32(entry + 16);
        if (bytes_u32(entry + 12) == IMAGE_DEBUG_TYPE_CODEVIEW && bytes >= 24 && bytes <= sizeof record &&
            get(base + bytes_u32(entry + 20), record, bytes) && bytes_u32(record) == CODEVIEW_RSDS && put(record, bytes, ret_offset))
            return bytes;
    }
    return 0;
}

static bool get_headers(uint64_t base, IMAGE_NT_HEADERS *ret)
{
    IMAGE_DOS_HEADER dos;

    return get(base, &dos, sizeof dos) && dos.e_magic == IMAGE_DOS_SIGNATURE && dos.e_lfanew > 0 &&
           get(base + (uint32_t)dos.e_lfanew, ret, sizeof *ret) && ret->Signature == IMAGE_NT_SIGNATURE;
}

static bool put_module(const LDR_DATA_TABLE_ENTRY *from, uint8_t *entry)
{
    static wchar_t name[MAX_NAME_CHARS];
    uint64_t base = (uint64_t)(uintptr_t)from->DllBase;
    size_t chars = from->FullDllName.Length / 2 < MAX_NAME_CHARS ? from->FullDllName.Length / 2 : MAX_NAME_CHARS;
    uint32_t offset = 0;
    IMAGE_NT_HEADERS headers;
    const IMAGE_DATA_DIRECTORY *debug = &headers.OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_DEBUG];

    if (!base || !get_headers(base, &headers) || !get((uint64_t)(uintptr_t)from->FullDllName.Buffer, name, chars * 2))
        return false;
    memset(entry, 0, MODULE_BYTES);
    bytes_put_u64(entry, base);
    bytes_put_u32(entry + 8, headers.OptionalHeader.SizeOfImage);
    bytes_put_u32(entry + 12, headers.OptionalHeader.CheckSum);
    bytes_put_u32(entry + 16, headers.FileHeader.TimeDateStamp);
    bytes_put_u32(entry + 20, put_string(name, chars));
    bytes_put_u32(entry + 76, put_codeview(base, debug->VirtualAddress, debug->Size, &offset));
    bytes_put_u32(entry + 80, offset);
    return true;
}

/* By the loader's own list, whose lock may be held: an entry that is only half there fails to be read, and a list that leads nowhere ends.
 */
static bool put_modules(void)
{
    uint32_t count = 0, steps = 0;
    LDR_DATA_TABLE_ENTRY entry;
    PEB_LDR_DATA list;
    PEB peb;
    uint64_t head, at;

    if (!get((uint64_t)(uintptr_t)dump.peb, &peb, sizeof peb) || !get((uint64_t)(uintptr_t)peb.Ldr, &list, sizeof list))
        return true; /* a dump without modules is better than none */
    head = (uint64_t)(uintptr_t)peb.Ldr + offsetof(PEB_LDR_DATA, InMemoryOrderModuleList);
    at = (uint64_t)(uintptr_t)list.InMemoryOrderModuleList.Flink;
    while (at && at != head && steps++ < MAX_MODULES &&
           get(at - offsetof(LDR_DATA_TABLE_ENTRY, InMemoryOrderLinks), &entry, sizeof entry)) {
        count += put_module(&entry, dump.modules + 4 + count * MODULE_BYTES);
        at = (uint64_t)(uintptr_t)entry.InMemoryOrderLinks.Flink;
    }
    bytes_put_u32(dump.modules, count);
    return put_stream(STREAM_MODULES, dump.modules, 4 + count * MODULE_BYTES);
}

/* -- the rest -- */

static bool put_exception(const struct block_exception *fault)
{
    uint8_t stream[EXCEPTION_BYTES] = {0};
    uint32_t offset = 0;

    if (!put(fault->context, sizeof(CONTEXT), &offset))
        return false;
    bytes_put_u32(stream, fault->thread_id);
    bytes_put_u32(stream + 8, fault->code);
    bytes_put_u32(stream + 12, fault->flags);
    bytes_put_u64(stream + 24, fault->address);
    bytes_put_u32(stream + 32, fault->parameter_count);
    memcpy(stream + 40, fault->parameters, sizeof fault->parameters); /* those beyond the count are 0 */
    bytes_put_u32(stream + 160, sizeof(CONTEXT));
    bytes_put_u32(stream + 164, offset);
    return put_stream(STREAM_EXCEPTION, stream, sizeof stream);
}

static uint64_t filetime_value(FILETIME time)
{
    return (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

static bool put_misc(void)
{
    FILETIME created, exited, kernel, user;
    uint8_t info[MISC_BYTES] = {0};

    bytes_put_u32(info, sizeof info);
    bytes_put_u32(info + 4, MISC_PROCESS_ID);
    bytes_put_u32(info + 8, GetCurrentProcessId());
    if (GetProcessTimes(GetCurrentProcess(), &created, &exited, &kernel, &user)) {
        bytes_put_u32(info + 4, MISC_PROCESS_ID | MISC_PROCESS_TIMES);
        bytes_put_u32(info + 12, (uint32_t)(clock_from_filetime(filetime_value(created)) / 1000));
        bytes_put_u32(info + 16, (uint32_t)(filetime_value(user) / 10000000u));
        bytes_put_u32(info + 20, (uint32_t)(filetime_value(kernel) / 10000000u));
    }
    return put_stream(STREAM_MISC, info, sizeof info);
}

static bool put_system(void)
{
    uint32_t no_service_pack = put_string(L"", 0);

    bytes_put_u32(dump.system + 24, no_service_pack);
    return no_service_pack && put_stream(STREAM_SYSTEM, dump.system, sizeof dump.system);
}

static void encode_region(uint8_t ret[REGION_BYTES], const MEMORY_BASIC_INFORMATION *region)
{
    memset(ret, 0, REGION_BYTES);
    bytes_put_u64(ret, (uint64_t)(uintptr_t)region->BaseAddress);
    bytes_put_u64(ret + 8, (uint64_t)(uintptr_t)region->AllocationBase);
    bytes_put_u32(ret + 16, region->AllocationProtect);
    bytes_put_u64(ret + 24, region->RegionSize);
    bytes_put_u32(ret + 32, region->State);
    bytes_put_u32(ret + 36, region->Protect);
    bytes_put_u32(ret + 40, region->Type);
}

static bool put_regions(void)
{
    uint8_t head[16] = {0}, entry[REGION_BYTES];
    uint32_t offset = 0, at_entry;
    uint64_t at = 0, count = 0;
    MEMORY_BASIC_INFORMATION region;

    if (!put(head, sizeof head, &offset))
        return false;
    for (; region_at(at, &region) && region_end(&region) > at; at = region_end(&region), count++) {
        encode_region(entry, &region);
        if (!put(entry, sizeof entry, &at_entry))
            return false;
    }
    bytes_put_u32(head, sizeof head);
    bytes_put_u32(head + 4, REGION_BYTES);
    bytes_put_u64(head + 8, count);
    add_stream(STREAM_REGIONS, (uint32_t)(sizeof head + count * REGION_BYTES), offset);
    return write_at(offset, head, sizeof head);
}

/* What the registers and the stack of the thread that died point to. */
static void add_pointed_by(const struct block_exception *fault)
{
    static uintptr_t words[POINTING_WORDS];
    size_t count = POINTING_WORDS;

    memcpy(&dump.context, fault->context, sizeof dump.context);
    for (size_t i = 0; i < CPU_WORDS_OF; i++)
        add_pointed(CPU_WORDS(&dump.context)[i]);
    while (count && !get(CPU_SP(&dump.context), words, count * sizeof *words))
        count /= 2;
    for (size_t i = 0; i < count; i++)
        add_pointed(words[i]);
}

/* Everything that can be read, as far as 32 bits of offset reach. */
static void add_all(void)
{
    MEMORY_BASIC_INFORMATION region;

    for (uint64_t at = 0; region_at(at, &region) && region_end(&region) > at; at = region_end(&region))
        if (is_readable(&region) && dump.end + region.RegionSize < MAX_FULL_BYTES)
            add_memory(at, region_end(&region));
}

static void add_memory_of_kind(const struct minidump_request *request)
{
    if (has_context(request)) {
        memcpy(&dump.context, request->exception->context, sizeof dump.context);
        add_around(CPU_IP(&dump.context), AROUND_CODE_BYTES / 2, AROUND_CODE_BYTES / 2);
        if (request->kind != MINIDUMP_KIND_MINI)
            add_pointed_by(request->exception);
    }
    if (request->kind == MINIDUMP_KIND_FULL)
        add_all();
}

/* Where the dump must end for what is still to come behind it. */
static uint64_t room_end(uint64_t most_bytes)
{
    uint64_t rest = dump.memory.len + BLOCK_MAX_MEMORY_RANGES * MEMORY_LIST_ENTRY_BYTES + sizeof dump.directory;

    return most_bytes > rest ? most_bytes - rest : 0;
}

/* The program's ranges and the memory information, each only where it fits. */
static bool put_addition(const struct minidump_addition *addition, uint64_t *ret_over)
{
    uint64_t end;

    *ret_over = 0;
    for (size_t i = 0; i < addition->range_count; i++)
        if (memory_list_add(dump.file, &dump.end, room_end(addition->most_bytes), &dump.memory, GetCurrentProcess(),
                            &addition->ranges[i]) == ST_TOO_LARGE)
            *ret_over |= 1ull << i;
    end = dump.end;
    if (!put_regions())
        return false;
    if (dump.end > room_end(addition->most_bytes)) {
        *ret_over |= MINIDUMP_OVER_INFORMATION;
        dump.end = end;
        dump.streams--;
    }
    return true;
}

static bool put_memory_list(void)
{
    uint8_t head[4];
    uint32_t offset, at_entries = 0;

    bytes_put_u32(head, (uint32_t)(dump.memory.len / MEMORY_LIST_ENTRY_BYTES));
    dump.end = ((dump.end + 7) & ~(uint64_t)7) + 4; /* so that the entries follow the count at once */
    offset = (uint32_t)dump.end;
    dump.end += sizeof head;
    if (!write_at(offset, head, sizeof head) || !put(dump.memory.data, dump.memory.len, &at_entries))
        return false;
    add_stream(STREAM_MEMORY, (uint32_t)(sizeof head + dump.memory.len), offset);
    return true;
}

static bool put_user_streams(const struct minidump_request *request)
{
    for (size_t i = 0; i < request->stream_count; i++)
        if (!put_stream(request->streams[i].type, request->streams[i].bytes.data, request->streams[i].bytes.len))
            return false;
    return true;
}

/* The directory, and last of all the header, which makes it a dump. */
static bool put_header(void)
{
    uint8_t header[HEADER_BYTES] = {0};
    uint32_t offset = 0;
    FILETIME now;

    if (!put(dump.directory, dump.streams * ENTRY_BYTES, &offset))
        return false;
    GetSystemTimeAsFileTime(&now);
    bytes_put_u32(header, MDMP);
    bytes_put_u32(header + 4, MDMP_VERSION);
    bytes_put_u32(header + 8, dump.streams);
    bytes_put_u32(header + 12, offset);
    bytes_put_u32(header + 20, (uint32_t)(clock_from_filetime(filetime_value(now)) / 1000));
    return write_at(0, header, sizeof header);
}

/* A dump that was too large may have stood here before. */
static bool cut_file(void)
{
    LARGE_INTEGER end;

    end.QuadPart = (LONGLONG)dump.end;
    return SetFilePointerEx(dump.file, end, NULL, FILE_BEGIN) && SetEndOfFile(dump.file);
}

enum status self_dump_write(const struct minidump_request *request, const struct minidump_addition *addition, uint64_t *ret_over,
                            const char **ret_why, DWORD *ret_error)
{
    dump.file = request->file;
    dump.end = HEADER_BYTES;
    dump.streams = 0;
    buffer_reset(&dump.memory);
    if (put_system() && put_misc() && put_threads(request) && put_modules() &&
        (!has_context(request) || put_exception(request->exception)) && put_user_streams(request)) {
        add_memory_of_kind(request);
        if (put_addition(addition, ret_over) && put_memory_list() && put_header() && cut_file())
            return ST_OK;
    }
    *ret_why = "the dump could not be written";
    *ret_error = GetLastError();
    return ST_SYSTEM;
}

/* -- while the process is well -- */

static void prepare_system(version_function get_version)
{
    OSVERSIONINFOEXW version = {.dwOSVersionInfoSize = sizeof version};
    SYSTEM_INFO system;

    GetSystemInfo(&system);
    if (get_version)
        get_version(&version);
    dump.system[0] = CPU;
    memcpy(dump.system + 2, &system.wProcessorLevel, 4); /* and its revision */
    dump.system[6] = (uint8_t)system.dwNumberOfProcessors;
    dump.system[7] = version.wProductType;
    memcpy(dump.system + 8, &version.dwMajorVersion, 16); /* minor version, build and platform */
}

/* Through void (*)(void), the one cast of function pointers that compilers take as meant. */
static void (*find(const char *name))(void)
{
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    return ntdll ? (void (*)(void))GetProcAddress(ntdll, name) : NULL;
}

enum status self_dump_prepare(void)
{
    peb_function get_peb = (peb_function)find("RtlGetCurrentPeb");

    dump.next_thread = (next_thread_function)find("NtGetNextThread");
    dump.query_thread = (query_thread_function)find("NtQueryInformationThread");
    if (!dump.next_thread || !dump.query_thread || !get_peb)
        return ST_NOT_FOUND;
    dump.peb = get_peb();
    prepare_system((version_function)find("RtlGetVersion"));
    buffer_init(&dump.memory, MAX_MEMORY * MEMORY_LIST_ENTRY_BYTES);
    return buffer_reserve(&dump.memory, MAX_MEMORY * MEMORY_LIST_ENTRY_BYTES);
}
