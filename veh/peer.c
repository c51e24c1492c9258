/* peer.c - the named section by which the modules of one process find each other. */
#include "peer.h"
#include "base/line.h"
#include <aclapi.h>
#include <windows.h>

#define PEER_MAGIC      0x52455053u /* "SPER" */
#define PEER_NAME_CHARS 96

struct peer_page {
    uint32_t magic, size_bytes;
    uint64_t table;
};

static HANDLE section;
static const struct peer_table *volatile first;

/* "Local\\salvor-client-<pid>-<creation time>"; ASCII, so widening is copying. */
static void make_name(wchar_t *ret, size_t count)
{
    FILETIME created = {0}, unused;
    char text[PEER_NAME_CHARS];
    struct line line;
    size_t i;

    GetProcessTimes(GetCurrentProcess(), &created, &unused, &unused, &unused);
    line_init(&line, text, sizeof text);
    line_text(&line, "Local\\salvor-client-");
    line_u64(&line, GetCurrentProcessId());
    line_text(&line, "-");
    line_hex(&line, (uint64_t)created.dwHighDateTime << 32 | created.dwLowDateTime);
    for (i = 0; i < count; i++)
        ret[i] = (wchar_t)text[i < line.len ? i : line.len];
}

/* Whether the object is ours: its owner is the user or the default owner of our token. */
static bool is_owned_by_us(HANDLE object)
{
    union {
        TOKEN_USER user;
        TOKEN_OWNER owner;
        uint8_t bytes[256];
    } token_user, token_owner;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    HANDLE token = NULL;
    PSID owner = NULL;
    DWORD size;
    bool ours = false;

    if (GetSecurityInfo(object, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL, NULL, &descriptor) != ERROR_SUCCESS)
        return false;
    if (OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) &&
        GetTokenInformation(token, TokenUser, &token_user, sizeof token_user, &size) &&
        GetTokenInformation(token, TokenOwner, &token_owner, sizeof token_owner, &size))
        ours = owner && (EqualSid(owner, token_user.user.User.Sid) || EqualSid(owner, token_owner.owner.Owner));
    if (token)
        CloseHandle(token);
    LocalFree(descriptor);
    return ours;
}

static bool is_in_image(uint64_t address, size_t size)
{
    MEMORY_BASIC_INFORMATION info;
    uint64_t end;
    if (address > (uint64_t)UINTPTR_MAX - size || !VirtualQuery((const void *)(uintptr_t)address, &info, sizeof info))
        return false;
    end = (uint64_t)(uintptr_t)info.BaseAddress + info.RegionSize;
    return info.State == MEM_COMMIT && info.Type == MEM_IMAGE && end - address >= size;
}

/* Reads the page that another module left; NULL unless it can be believed. */
static const struct peer_table *read_page(const struct peer_page *page)
{
    const struct peer_table *table;
    if (page->magic != PEER_MAGIC || page->size_bytes != sizeof *page || !is_in_image(page->table, sizeof *table))
        return NULL;
    table = (const struct peer_table *)(uintptr_t)page->table;
    return table->magic == PEER_MAGIC && table->size_bytes == sizeof *table ? table : NULL;
}

bool peer_claim(const struct peer_table *table)
{
    wchar_t name[PEER_NAME_CHARS];
    struct peer_page *page;
    bool existed;

    make_name(name, PEER_NAME_CHARS);
    section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof *page, name);
    existed = section && GetLastError() == ERROR_ALREADY_EXISTS;
    if (!section || (existed && !is_owned_by_us(section)))
        return true; /* nobody we would believe; we are the first */
    page = MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, sizeof *page);
    if (!page)
        return true;
    if (existed)
        first = read_page(page);
    if (!first) {
        page->table = (uint64_t)(uintptr_t)table;
        page->size_bytes = sizeof *page;
        page->magic = PEER_MAGIC;
    }
    UnmapViewOfFile(page);
    if (!first)
        return true;
    peer_release();
    return false;
}

void peer_release(void)
{
    if (section)
        CloseHandle(section);
    section = NULL;
}

const struct peer_table *peer_current(void)
{
    return first;
}

const struct peer_table peer_own = {
    PEER_MAGIC,        sizeof(struct peer_table), salvor_set_annotation, salvor_log, salvor_add_attachment, salvor_remove_attachment,
    salvor_add_memory, salvor_remove_memory,      salvor_add_stream,
};
