// A processed dump in rust-minidump's layout: hundreds of threads and modules, long and right-to-left names, frames of every trust.
import { LONG, random } from './data.mjs';

const address = (value) => `0x${value.toString(16).padStart(16, '0')}`;

const NAMES = [
  'sample.exe', 'ntdll.dll', 'kernel32.dll', 'KERNELBASE.dll', 'ucrtbase.dll', 'msvcp140.dll', 'd3d12.dll', 'nvwgf2umx.dll', 'user32.dll', 'win32u.dll',
  'Qt6Core.dll', 'وحدة_العرض.dll', 'a_module_with_a_name_that_does_not_end_before_the_column_does_and_then_some_more.dll', 'combase.dll', 'rpcrt4.dll',
];

function makeModules(count) {
  const next = random(21);
  return Array.from({ length: count }, (_, index) => {
    const base = 0x7ff600000000n + BigInt(index) * 0x1000000n;
    const name = NAMES[index] ?? `plugin_${String(index).padStart(3, '0')}.dll`;
    const id = Array.from({ length: 33 }, () => Math.floor(next() * 16).toString(16).toUpperCase()).join('');
    const foreign = index % 5 === 4;
    return {
      base_addr: address(base),
      end_addr: address(base + BigInt(Math.floor(next() * 0x900000) + 0x8000)),
      filename: name,
      code_id: foreign ? '' : `${id.slice(0, 8)}${(0x1000 * (index + 3)).toString(16)}`,
      debug_file: foreign ? '' : name.replace(/\.(dll|exe)$/, '.pdb'),
      debug_id: foreign ? '000000000000000000000000000000000' : id,
      version: index % 6 === 5 ? '' : `10.0.${19041 + index}.${Math.floor(next() * 4000)}`,
      missing_symbols: true,
    };
  });
}

const FUNCTIONS = ['Renderer::draw', LONG, 'NtWaitForSingleObject', 'رسم_الإطار', 'BaseThreadInitThunk', 'RtlUserThreadStart', 'std::thread::_Invoke<std::tuple<T>, 0>', null, null];

export const INLINES = [
  { function: 'std::vector<T>::operator[]', file: 'C:\\include\\vector', line: 1123 },
  { function: 'render::Cache<T>::at', file: 'C:\\agent\\_work\\14\\s\\src\\cache.h', line: 88 },
];

function makeFrames(modules, count, seed, symbols) {
  const next = random(seed);
  return Array.from({ length: count }, (_, index) => {
    const module = modules[index === 0 ? 0 : Math.floor(next() * Math.min(14, modules.length))];
    const offset = Math.floor(next() * 0x7000) + 0x1000;
    const fn = symbols ? FUNCTIONS[Math.floor(next() * FUNCTIONS.length)] : null;
    const outside = index === 7 || index === 9;
    return {
      frame: index,
      trust: index === 0 ? 'context' : ['cfi', 'scan', 'frame_pointer', 'scan'][Math.floor(next() * 4)],
      offset: address(BigInt(module.base_addr) + BigInt(offset)),
      module: outside ? null : module.filename,
      unloaded_modules: index === 9 ? [{ module: 'old_plugin.dll', offsets: ['0x0000000000000420'] }] : null,
      module_offset: outside ? null : `0x${offset.toString(16).padStart(16, '0')}`,
      function: outside ? null : fn,
      file: fn && index % 2 === 0 ? 'C:\\agent\\_work\\14\\s\\src\\render\\backend\\direct3d12\\renderer.cpp' : null,
      line: fn && index % 2 === 0 ? 214 + index : null,
      inlines: fn && index === 2 ? INLINES : null,
      missing_symbols: !fn,
    };
  });
}

const NAMED = { 0: 'main', 3: 'render', 5: 'خيط الشبكة', 8: 'a thread name somebody generated from a whole sentence with a uuid 5f1c2f8e-91aa-4d27-b9a7-3e4f3f7b1c10' };

function makeRegisters(modules) {
  const next = random(99);
  const names = ['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'rsp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15', 'rip', 'eflags'];
  const values = Object.fromEntries(names.map((name) => [name, address(BigInt(Math.floor(next() * 2 ** 40)))]));
  return { ...values, rax: address(0n), rcx: address(5n), rip: address(BigInt(modules[0].base_addr) + 0x1450n), r9: address(BigInt(modules[1].base_addr) + 0x22n), eflags: '0x00010246' };
}

export function makeProcessed({ threads = 400, symbols = true, reason = 'EXCEPTION_ACCESS_VIOLATION_WRITE', layer = 'monitor' } = {}) {
  const modules = makeModules(threads > 100 ? 214 : 12);
  const crashing = Math.min(3, threads - 1);
  const list = Array.from({ length: threads }, (_, index) => {
    const frames = index === 6 ? [] : makeFrames(modules, index === crashing ? 23 : 5 + (index % 30), index + 1, symbols);
    if (index === crashing) Object.assign(frames[0], { function: symbols ? frames[0].function : null, module_offset: '0x0000000000001450', offset: address(BigInt(modules[0].base_addr) + 0x1450n) });
    return { thread_id: 0x24 + index * 4, thread_name: NAMED[index] ?? null, last_error_value: index % 7 === 3 ? 'ERROR_FILE_NOT_FOUND' : null, frame_count: frames.length, frames };
  });
  const registers = makeRegisters(modules);
  return {
    status: 'OK',
    schema_version: 1,
    pid: 4711,
    crash_info: { type: reason, address: reason.includes('WRITE') ? address(0n) : address(0x7ff600001450n), crashing_thread: crashing, assertion: null },
    system_info: { os: 'Windows NT', os_ver: '10.0.19045', cpu_arch: 'amd64', cpu_info: 'family 6 model 158 stepping 10', cpu_count: 12, cpu_microcode_version: 222 },
    crashing_thread: { ...list[crashing], threads_index: crashing, registers },
    main_module: 0,
    modules,
    thread_count: threads,
    threads: list,
    unloaded_modules: modules.slice(1, 4).map((module) => ({ ...module, filename: `old_${module.filename}`, version: '', debug_file: null, debug_id: null })),
    salvor: {
      reason: 'access violation writing 0x0000000000000000 (close to null)',
      exception: { code: '0xc0000005', name: 'EXCEPTION_ACCESS_VIOLATION', flags: '0x0', address: address(0x7ff600001450n), parameters: ['0x1', '0x0'], address_known: true },
      layer, source: 'veh',
      fast_fail: reason.includes('FAST_FAIL') ? { code: 7, name: 'FAST_FAIL_FATAL_APP_EXIT' } : null,
      program: { name: 'sample.exe', path: 'C:\\Program Files\\Sample\\sample.exe', version: '2.4.1', product_version: '2.4.1.0' },
      record: { environment: 'production', channel: 'beta', process_start: '1795457000' },
      threads: list.map((thread, index) => ({
        id: thread.thread_id, registers: index === 6 ? {} : { ...registers, rax: address(BigInt(index)) },
        why_no_registers: index === 6 ? 'its context lies outside the file' : null, end: index === crashing ? 'frame limit' : 'bottom', start_address: address(0x7ff602000100n),
      })),
      modules: modules.map((module) => ({ path: `C:\\Windows\\System32\\${module.filename}`, code_id: module.code_id, product_version: null })),
      dump: { size_bytes: 1_951_141, time: 1795457600, process_start: 1795457000 },
      annotations: {},
      log: ['00:00:00.014 started with --no-sandbox', '00:00:03.221 loaded C:\\Users\\…\\level_04.map', 'خط عربي في السجل', `a long line ${'without an end '.repeat(18)}`],
      signature: { title: 'sample!+0x1450', hash: 'a2b1', tags: [] },
      soft_errors: ['ThreadNames stream: entry 12 points outside the file', 'Module 11: its CodeView record is cut short'],
    },
  };
}
