/* power.c - GetSystemPowerStatus, and the network's cost by COM (INetworkCostManager of netprofm.dll), which is loaded when it is asked.
 * https://learn.microsoft.com/windows/win32/api/netlistmgr/nn-netlistmgr-inetworkcostmanager */
#include "../power.h"
#include <windows.h>
/* needs the above */
#include <objbase.h>

/* netlistmgr.h of older mingw lacks the interface. */
#define COST_UNRESTRICTED 1u
#define COST_UNKNOWN      0u

struct cost_manager;
struct cost_manager_table {
    HRESULT(STDMETHODCALLTYPE *QueryInterface)(struct cost_manager *, const IID *, void **);
    ULONG(STDMETHODCALLTYPE *AddRef)(struct cost_manager *);
    ULONG(STDMETHODCALLTYPE *Release)(struct cost_manager *);
    HRESULT(STDMETHODCALLTYPE *GetCost)(struct cost_manager *, DWORD *ret_cost, void *address);
};
struct cost_manager {
    const struct cost_manager_table *table;
};

typedef HRESULT(WINAPI *initialize_function)(void *reserved, DWORD flags);
typedef void(WINAPI *uninitialize_function)(void);
typedef HRESULT(WINAPI *create_function)(const CLSID *, IUnknown *, DWORD context, const IID *, void **ret);

bool power_on_battery(void)
{
    SYSTEM_POWER_STATUS status;

    return GetSystemPowerStatus(&status) && status.ACLineStatus == 0; /* 255: not known */
}

static bool cost_get(create_function create, DWORD *ret)
{
    static const CLSID list_manager = {0xdcb00c01, 0x570f, 0x4a9b, {0x8d, 0x69, 0x19, 0x9f, 0xdb, 0xa5, 0x72, 0x3b}};
    static const IID cost_manager = {0xdcb00008, 0x570f, 0x4a9b, {0x8d, 0x69, 0x19, 0x9f, 0xdb, 0xa5, 0x72, 0x3b}};
    struct cost_manager *manager = NULL;
    HRESULT result = create(&list_manager, NULL, CLSCTX_ALL, &cost_manager, (void **)&manager);

    if (FAILED(result) || !manager)
        return false;
    result = manager->table->GetCost(manager, ret, NULL);
    manager->table->Release(manager);
    return SUCCEEDED(result);
}

/* The low word is the cost's kind, the high one tells of roaming and data limits. */
bool power_is_metered(void)
{
    HMODULE ole = LoadLibraryExW(L"ole32.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    DWORD cost = COST_UNKNOWN;

    if (!ole)
        return false;
    initialize_function initialize = (initialize_function)(void *)GetProcAddress(ole, "CoInitializeEx");
    uninitialize_function uninitialize = (uninitialize_function)(void *)GetProcAddress(ole, "CoUninitialize");
    create_function create = (create_function)(void *)GetProcAddress(ole, "CoCreateInstance");
    if (initialize && uninitialize && create && SUCCEEDED(initialize(NULL, COINIT_MULTITHREADED))) {
        if (!cost_get(create, &cost))
            cost = COST_UNKNOWN;
        uninitialize();
    }
    FreeLibrary(ole);
    return (cost & 0xffff) != COST_UNKNOWN && (cost & 0xffff) != COST_UNRESTRICTED;
}
