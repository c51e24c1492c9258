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

union token_info {
    TOKEN_USER user;
    TOKEN_OWNER owner;
    uint8_t bytes[256];
};

static bool ask_token(TOKEN_INFORMATION_CLASS what, union token_info *ret)
{
    HANDLE token = NULL;
    DWORD size;
    bool known = OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) && GetTokenInformation(token, what, ret, sizeof *ret, &size);

    if (token)
        CloseHandle(token);
    return known;
}

/* Whether the object is ours: its owner is the user or the default owner of our token. */
static bool is_owned_by_us(HANDLE object)
{
    union token_info user, usual;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL;
    bool ours;

    if (GetSecurityInfo(object, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL, NULL, &descriptor) != ERROR_SUCCESS)
        return false;
    ours = owner && ask_token(TokenUser, &user) && ask_token(TokenOwner, &usual) &&
           (EqualSid(owner, user.user.User.Sid) || EqualSid(owner, usual.owner.Owner));
    LocalFree(descriptor);
    return ours;
}

/* The owner is named, since Wine gives an object none by itself; the rest is as the token has it. */
static HANDLE open_section(const wchar_t *name, DWORD size, bool *ret_existed)
{
    union token_info user;
    SECURITY_DESCRIPTOR descriptor;
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, &descriptor, FALSE};
    HANDLE opened;

    if (!ask_token(TokenUser, &user) || !InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION) ||
        !SetSecurityDescriptorOwner(&descriptor, user.user.User.Sid, FALSE))
        attributes.lpSecurityDescriptor = NULL;
    opened = CreateFileMappingW(INVALID_HANDLE_VALUE, &attributes, PAGE_READWRITE, 0, size, name);
    *ret_existed = opened && GetLastError() == ERROR_ALREADY_EXISTS;
    return opened;
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

/* Another module's table; NULL unless it can be believed. */
static const struct peer_table *read_table(uint64_t address)
{
    const struct peer_table *table = (const struct peer_table *)(uintptr_t)address;

    if (!is_in_image(address, sizeof *table) || table->magic != PEER_MAGIC || table->size_bytes < sizeof *table)
        return NULL;
    return table;
}

/* Whose table stands in the page: two modules that install at once find out here who is the first. NULL: ours. */
static const struct peer_table *settle(struct peer_page *page, bool existed, const struct peer_table *ours)
{
    LONG64 mine = (LONG64)(uintptr_t)ours, before;
    const struct peer_table *theirs;

    if (existed && page->magic && (page->magic != PEER_MAGIC || page->size_bytes != sizeof *page))
        page->table = 0; /* nothing that we know */
    page->size_bytes = sizeof *page;
    page->magic = PEER_MAGIC;
    before = InterlockedCompareExchange64((volatile LONG64 *)&page->table, mine, 0);
    theirs = before ? read_table((uint64_t)before) : NULL;
    if (before && !theirs)
        InterlockedExchange64((volatile LONG64 *)&page->table, mine);
    return theirs;
}

/* The first module stays loaded from now on: our setters call into it, also after it has uninstalled. */
static void keep_loaded(const struct peer_table *table)
{
    static const struct peer_table *kept;
    HMODULE module;

    if (kept != table && GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCWSTR)(const void *)table, &module))
        kept = table;
}

bool peer_claim(const struct peer_table *table)
{
    const struct peer_table *theirs = NULL;
    wchar_t name[PEER_NAME_CHARS];
    struct peer_page *page;
    bool existed;

    first = NULL; /* who was the first before may have uninstalled */
    make_name(name, PEER_NAME_CHARS);
    section = open_section(name, sizeof *page, &existed);
    if (!section || (existed && !is_owned_by_us(section)))
        return true; /* nobody we would believe; we are the first */
    page = MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, sizeof *page);
    if (!page)
        return true;
    theirs = settle(page, existed, table);
    UnmapViewOfFile(page);
    if (!theirs)
        return true;
    peer_release();
    keep_loaded(theirs);
    first = theirs;
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
    PEER_MAGIC,         sizeof(struct peer_table), salvor_set_annotation,
    salvor_log,         salvor_add_attachment,     salvor_remove_attachment,
    salvor_add_memory,  salvor_remove_memory,      salvor_add_stream,
    salvor_set_consent,
};
