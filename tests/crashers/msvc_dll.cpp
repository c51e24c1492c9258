// msvc_dll.cpp - salvor-sample-msvc.dll: throws as programs of Microsoft's compiler do, by _CxxThrowException of vcruntime140.dll. Made by
// clang for that system, or by Microsoft's compiler itself.
extern "C" __declspec(dllexport) void salvor_throw(int reason)
{
    if (reason)
        throw reason;
}

#if defined(SAMPLE_WITHOUT_CRT)
// What the static part of the run-time brings: the type's information points at it.
extern "C" const void *const type_info_table __asm__("??_7type_info@@6B@");
const void *const type_info_table = nullptr;
#endif
