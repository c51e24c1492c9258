/* second_module.c - a DLL with a Salvor of its own inside, as a plug-in has it: salvor-second.dll of test_modules.c. */
#include "salvor.h"

__declspec(dllexport) salvor_status second_install(const salvor_options *options);
__declspec(dllexport) salvor_status second_uninstall(void);
__declspec(dllexport) salvor_status second_annotate(const char *key, const char *value);
__declspec(dllexport) salvor_status second_consent(uint32_t consent);

salvor_status second_install(const salvor_options *options)
{
    return salvor_install(options);
}

salvor_status second_uninstall(void)
{
    return salvor_uninstall();
}

salvor_status second_annotate(const char *key, const char *value)
{
    return salvor_set_annotation(key, value);
}

salvor_status second_consent(uint32_t consent)
{
    return salvor_set_consent(consent);
}
