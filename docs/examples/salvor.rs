//! salvor.rs - what a Rust program needs of salvor.h, declared by hand: take this file as a module and link salvor.
//!
//! ```text
//! rustc --target x86_64-pc-windows-gnu main.rs -L <salvor>/lib -l static=salvor -l advapi32
//! ```
//!
//! A panic that ends in abort is a fast fail: WER's module or LocalDumps has it (docs/deployment.md). `tests/check/rust` holds this file
//! against the header.
#![allow(dead_code, non_camel_case_types)]

use std::os::raw::{c_char, c_int, c_long, c_void};

pub type salvor_status = i32;

pub const SALVOR_OK: salvor_status = 0;
pub const SALVOR_E_ARGUMENT: salvor_status = -1;
pub const SALVOR_E_STATE: salvor_status = -2;
pub const SALVOR_E_ALREADY: salvor_status = -3;
pub const SALVOR_E_IS_MONITOR: salvor_status = -4;
pub const SALVOR_E_NO_MONITOR: salvor_status = -5;
pub const SALVOR_E_TIMEOUT: salvor_status = -6;
pub const SALVOR_E_TRUNCATED: salvor_status = -7;
pub const SALVOR_E_FULL: salvor_status = -8;
pub const SALVOR_E_SYSTEM: salvor_status = -9;
pub const SALVOR_MAX_ANNOTATIONS: usize = 128;
pub const SALVOR_MAX_KEY: usize = 64;
pub const SALVOR_MAX_VALUE: usize = 2048;
pub const SALVOR_MAX_ATTACHMENTS: usize = 16;
pub const SALVOR_MAX_MEMORY_RANGES: usize = 32;
pub const SALVOR_MAX_STREAMS: usize = 8;
pub const SALVOR_LOG_BYTES: usize = 65536;
pub const SALVOR_VEH_EAGER: u32 = 0x0001;
pub const SALVOR_VEH_OFF_STACK: u32 = 0x0002;
pub const SALVOR_KEEP_ERROR_MODE: u32 = 0x0004;
pub const SALVOR_ALLOW_SANDBOXED: u32 = 0x0008;
pub const SALVOR_CATCH_BREAKPOINT: u32 = 0x0010;
pub const SALVOR_SESSIONS: u32 = 0x0020;
pub const SALVOR_PARENT_OF_CHILDREN: u32 = 0x0040;
pub const SALVOR_HANDLE_VEH: u32 = 0x01;
pub const SALVOR_HANDLE_FILTER: u32 = 0x02;
pub const SALVOR_HANDLE_ABORT: u32 = 0x04;
pub const SALVOR_HANDLE_INVALID_PARAMETER: u32 = 0x08;
pub const SALVOR_HANDLE_PURECALL: u32 = 0x10;
pub const SALVOR_HANDLE_WER: u32 = 0x20;
pub const SALVOR_AFTER_TERMINATE: u32 = 0;
pub const SALVOR_AFTER_PASS: u32 = 1;
pub const SALVOR_DUMP_MINI: u32 = 1;
pub const SALVOR_DUMP_SMART: u32 = 2;
pub const SALVOR_DUMP_FULL: u32 = 3;
pub const SALVOR_CONSENT_UNSET: u32 = 0;
pub const SALVOR_CONSENT_YES: u32 = 1;
pub const SALVOR_CONSENT_NO: u32 = 2;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct salvor_options {
    pub size: u32,
    pub flags: u32,
    pub handlers: u32,
    pub after_dump: u32,
    pub dump_kind: u32,
    pub start_timeout_ms: u32,
    pub crash_timeout_ms: u32,
    pub hang_timeout_ms: u32,
    pub stack_guarantee_bytes: u32,
    pub reserved0: u32,
    pub max_dump_bytes: u64,
    pub app: *const c_char,
    pub version: *const c_char,
    pub environment: *const c_char,
    pub channel: *const c_char,
    pub pipe: *const c_char,
    pub monitor_path: *const c_char,
    pub spool_dir: *const c_char,
    pub wer_module: *const c_char,
    pub url: *const c_char,
    pub key: *const c_char,
    pub filter: Option<unsafe extern "C" fn(exception_pointers: *mut c_void, context: *mut c_void) -> c_int>,
    pub filter_context: *mut c_void,
    pub reserved: [u64; 8],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct salvor_health {
    pub size: u32,
    pub filter_ours: u32,
    pub veh_ours: u32,
    pub monitor_alive: u32,
    pub monitor_is_service: u32,
    pub wer_module_found: u32,
    pub wer_key_found: u32,
    pub local_dumps_found: u32,
    pub error_mode_silences_wer: u32,
    pub debugger_present: u32,
    pub last_resort_ready: u32,
    pub reports_waiting: u32,
    pub reserved: [u64; 8],
}

extern "C" {
    pub fn salvor_options_init_size(options: *mut salvor_options, size: usize);
    pub fn salvor_health_init_size(health: *mut salvor_health, size: usize);
    pub fn salvor_install(options: *const salvor_options) -> salvor_status;
    pub fn salvor_wait_ready(timeout_ms: u32) -> salvor_status;
    pub fn salvor_uninstall() -> salvor_status;
    pub fn salvor_verify(ret_health: *mut salvor_health) -> salvor_status;
    pub fn salvor_set_annotation(key: *const c_char, value: *const c_char) -> salvor_status;
    pub fn salvor_log(line: *const c_char) -> salvor_status;
    pub fn salvor_add_attachment(path: *const c_char) -> salvor_status;
    pub fn salvor_remove_attachment(path: *const c_char) -> salvor_status;
    pub fn salvor_add_memory(address: *const c_void, size_bytes: usize) -> salvor_status;
    pub fn salvor_remove_memory(address: *const c_void) -> salvor_status;
    pub fn salvor_add_stream(stream_type: u32, address: *const c_void, size_bytes: usize) -> salvor_status;
    pub fn salvor_dump_now(reason: *const c_char, ret_id: *mut c_char) -> salvor_status;
    pub fn salvor_handle_exception(exception_pointers: *mut c_void) -> c_long;
    pub fn salvor_thread_init() -> salvor_status;
    pub fn salvor_heartbeat() -> salvor_status;
    pub fn salvor_set_consent(consent: u32) -> salvor_status;
    pub fn salvor_crashed_last_run(ret_id: *mut c_char) -> salvor_status;
    pub fn salvor_add_comment(report_id: *const c_char, name: *const c_char, email: *const c_char, text: *const c_char) -> salvor_status;
    pub fn salvor_child_environment(buffer: *mut c_char, size_bytes: usize) -> usize;
    pub fn salvor_monitor_main(argc: c_int, argv: *mut *mut c_char) -> c_int;
    pub fn salvor_strstatus(status: salvor_status) -> *const c_char;
    pub fn salvor_version() -> u32;
    pub fn salvor_install_crt_hooks_with(set_invalid_parameter: *mut c_void, set_purecall: *mut c_void, signal_function: *mut c_void) -> salvor_status;
}

/// `salvor_options_init`, a macro in C.
///
/// # Safety
/// `options` points to a `salvor_options`, whose contents do not matter.
pub unsafe fn salvor_options_init(options: *mut salvor_options) {
    salvor_options_init_size(options, std::mem::size_of::<salvor_options>());
}

/// `salvor_health_init`, a macro in C.
///
/// # Safety
/// `health` points to a `salvor_health`, whose contents do not matter.
pub unsafe fn salvor_health_init(health: *mut salvor_health) {
    salvor_health_init_size(health, std::mem::size_of::<salvor_health>());
}
