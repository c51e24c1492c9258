/* defaults.c - frames between a fault and the code that is to blame. One noun a paragraph. */
#include "signature/defaults.h"
#include <stddef.h>

const char *const signature_defaults[] = {
    /* How exceptions are raised, dispatched and unwound. */
    "irrelevant Ki(User(Exception|Callback|Apc)Dispatch(er)?|RaiseUserExceptionDispatcher)$\n",
    "irrelevant Rtlp?(Raise(Exception|Status|NoncontinuableException)|DispatchException|CallVectoredHandlers|Unwind(Ex)?|"
    "ExecuteHandlerFor(Exception|Unwind)|UnhandledExceptionFilter2?|LookupFunctionEntry|VirtualUnwind|RestoreContext|CaptureContext)$\n",
    "irrelevant (Nt|Zw)(RaiseException|RaiseHardError|Continue(Ex)?|TerminateProcess|TerminateThread)$\n",
    "irrelevant "
    "(RaiseException|RaiseFailFastException|_CxxThrowException|_?Unhandled_?[Ee]xception_?[Ff]ilter|InternalUnhandledExceptionFilter|"
    "CorUnhandledExceptionFilter|BasepReportFault|WerpReportFault.*|DebugBreak|DbgBreakPoint|DbgUiRemoteBreakin|TerminateProcess|"
    "ExitProcess)$\n",
    "irrelevant "
    "(__C_specific_handler|__CxxFrameHandler\\d?|__GSHandlerCheck\\w*|_except_handler\\d?|_?_?(Cxx)?CallCatchBlock|CallCatchBlock2|"
    "_CallSettingFrame\\w*|__FrameUnwind\\w*|__CxxCallCatchBlock|_seh_filter_(dll|exe)|__scrt_unhandled_exception_filter)$\n",
    "irrelevant "
    "(__cxa_(throw|rethrow|bad_cast|bad_typeid|call_unexpected|call_terminate)|_Unwind_\\w+|_GCC_specific_handler|__gxx_personality_\\w+|"
    "__cxxabiv1::.*|_gnu_exception_handler)$\n",
    "irrelevant "
    "(__report_(gsfailure|rangecheckfailure|securityfailure(Ex)?)|__security_check_cookie|__raise_securityfailure|capture_(previous|"
    "current)_context|"
    "_guard_\\w+|__guard_\\w+|LdrpValidateUserCallTarget\\w*|LdrpHandleInvalidUserCallTarget|RtlFailFast\\w*|"
    "RtlpHandleInvalidUserCallTarget|"
    "LdrpDispatchUserCallTarget|LdrControlFlowGuardEnforced\\w*)$\n",

    /* Waits: what a hanging thread does, not why. */
    "irrelevant "
    "(Nt|Zw)(WaitFor\\w+|DelayExecution|RemoveIoCompletion(Ex)?|SignalAndWait\\w*|UserMsgWait\\w*|UserGetMessage|UserWaitMessage|"
    "WaitLowEventPair|ReplyWaitReceivePort\\w*|AlpcSendWaitReceivePort)$\n",
    "irrelevant "
    "((Msg)?WaitFor(Single|Multiple)Objects?(Ex)?|SignalObjectAndWait|Sleep(Ex|ConditionVariable\\w+)?|WaitOnAddress|RtlpWait\\w*|"
    "RtlWaitOnAddress|RtlSleepConditionVariable\\w+|RtlpEnterCriticalSection\\w*|RtlEnterCriticalSection|EnterCriticalSection|"
    "GetQueuedCompletionStatus(Ex)?|RealMsgWait\\w*|WaitForMultipleExpressions)$\n",

    /* How threads and programs start. */
    "irrelevant "
    "(_*RtlUserThreadStart|BaseThreadInitThunk|TppWorkerThread|TppWork\\w*|_?thread_?start(<T>)?|_?_?threadstart(ex)?|_beginthread(ex)?|"
    "invoke_main|__scrt_common_main(_seh)?|__tmainCRTStartup|w?(Win)?[mM]ainCRTStartup)$\n",
    "irrelevant (std::rt::lang_start.*|std::sys::.*::thread::.*|std::sys_common::(backtrace|thread)::.*|std::sys::backtrace::.*|"
    "core::ops::function::FnOnce::call_once.*|__rust_begin_short_backtrace|__rust_maybe_catch_panic|std::panic(king)?::(catch_unwind|try).*"
    ")$\n",

    /* Our own handlers, which a static library puts into the program. */
    "irrelevant (salvor_\\w+|on_(abort|invalid_parameter|purecall)|capture_\\w+)$\n",

    /* Memory and text functions. */
    "prefix "
    "_?_?(w?mem(cpy|move|set|cmp|chr|ccpy|icmp)|(str|wcs|_mbs|lstr)(n?r?(len|cpy|cat|cmp|icmp|nicmp|coll|chr|str|dup|tok|pbrk|spn|cspn|rev|"
    "set|lwr|upr))"
    "|v?s?n?w?printf|v?fw?printf|memcpy_repmovs|RtlCopyMemory|RtlMoveMemory|RtlFillMemory|RtlZeroMemory|RtlCompareMemory)(_s|_l|_s_l|[AW])?"
    "$\n",
    "prefix (AVX|SSE2)?(MemCpy|MemMove|MemSet|MoveSmall\\w*|SetSmall\\w*)\\w*$\n",

    /* Allocators. */
    "prefix _?_?(malloc|calloc|realloc|recalloc|free|msize|expand|aligned_\\w+|strdup|wcsdup)(_base|_dbg|_crt|_nolock)*$\n",
    "prefix operator (new|delete)\n",
    "prefix "
    "(Heap(Alloc|Free|ReAlloc|Size|Validate)|Rtlp?(Allocate|Free|ReAllocate|Size|Validate|Coalesce)\\w*Heap\\w*|RtlpLowFragHeap\\w*|Rtlp("
    "Heap|Hp)\\w+|"
    "RtlReportCriticalFailure|RtlpReportHeapFailure|RtlpLogHeapFailure|RtlpAnalyzeHeapFailure|Rtlp?DebugFreeHeap|(Local|Global|CoTaskMem)("
    "Alloc|Free|ReAlloc)|"
    "SysAllocString\\w*|SysFreeString)$\n",
    "prefix (__rust_\\w+|__rdl_\\w+|__rg_\\w+|alloc::.*|<alloc::.*)$\n",

    /* Ways to give up. */
    "prefix "
    "(_?abort|raise|_?exit|_c_exit|quick_exit|_amsg_exit|terminate|_purecall|__cxa_pure_virtual|__cxa_deleted_virtual|_?_?invoke_watson|"
    "_invalid_parameter\\w*|_invoke_watson|__std_terminate|__fastfail|_assert|_wassert|__assert_fail|common_assert\\w*|issue_debug_"
    "notification|"
    "__acrt_\\w+|__vcrt_\\w+|_call_matherr)$\n",

    /* Libraries that a program's own code calls. */
    "prefix (`?std::.*|__gnu_cxx::.*|boost::.*|fmt::.*|_Xlength_error|_Xout_of_range|_Throw_\\w+)$\n",
    "prefix (<?core::.*|<?std::.*|rust_begin_unwind|rust_panic\\w*|_rust_\\w+|panic_unwind::.*|backtrace::.*|hashbrown::.*)$\n",

    /* Modules of the system. */
    "module ntdll.dll\nmodule kernelbase.dll\nmodule kernel32.dll\nmodule wow64.dll\nmodule wow64cpu.dll\nmodule wow64win.dll\n",
    "module ucrtbase.dll\nmodule ucrtbased.dll\nmodule msvcrt.dll\nmodule vcruntime140.dll\nmodule vcruntime140d.dll\nmodule "
    "vcruntime140_1.dll\n",
    "module vcruntime140_1d.dll\nmodule msvcp140.dll\nmodule msvcp140d.dll\nmodule libgcc_s_seh-1.dll\nmodule libgcc_s_dw2-1.dll\n",
    "module libstdc++-6.dll\nmodule libc++.dll\nmodule libunwind.dll\nmodule libwinpthread-1.dll\nmodule salvor.dll\nmodule "
    "salvor-wer.dll\n",
    "module user32.dll\nmodule win32u.dll\nmodule gdi32.dll\nmodule gdi32full.dll\nmodule combase.dll\nmodule ole32.dll\nmodule "
    "oleaut32.dll\n",
    "module rpcrt4.dll\nmodule sechost.dll\nmodule advapi32.dll\nmodule ws2_32.dll\nmodule mswsock.dll\n",
    NULL,
};
