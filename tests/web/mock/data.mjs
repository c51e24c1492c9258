// Ugly data on purpose: what real crashes look like on their worst day. Everything is derived from fixed seeds.

export const DAY = 86_400_000;

/** A small repeatable generator (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const LONG =
  'std::_Func_impl_no_alloc<`anonymous namespace\'::render::Pipeline<render::backend::Direct3D12, render::policy::Deferred<4, true>, ' +
  'std::allocator<std::pair<std::basic_string<wchar_t, std::char_traits<wchar_t>, std::allocator<wchar_t> > const, render::Resource *> > >' +
  '::submit(render::CommandList &)::<lambda_5d8e1c0f2b>, void, render::Frame const &>::_Do_call';

export const SIGNATURES = [
  { title: 'sample!+0x1450', tags: [], reason: 'EXCEPTION_ACCESS_VIOLATION_WRITE' },
  { title: LONG, tags: [], reason: 'EXCEPTION_ACCESS_VIOLATION_READ' },
  { title: 'sample!+0x1a20 | kernel32!+0x17034', tags: ['fastfail FATAL_APP_EXIT |'], reason: 'EXCEPTION_STACK_BUFFER_OVERRUN / FAST_FAIL_FATAL_APP_EXIT' },
  { title: 'Renderer::draw', tags: [], reason: 'EXCEPTION_ACCESS_VIOLATION_WRITE' },
  { title: 'محرك_العرض::تحديث_الإطار(صورة const &)', tags: [], reason: 'EXCEPTION_INT_DIVIDE_BY_ZERO' },
  { title: 'allocator::grow | std::vector<T>::push_back | Document::append', tags: ['OOM |', 'heap corruption |'], reason: 'HEAP_CORRUPTION' },
  { title: 'Parser::expression', tags: ['stackoverflow |'], reason: 'EXCEPTION_STACK_OVERFLOW' },
  { title: '<img src=x onerror=alert(1)>::operator<<', tags: [], reason: 'Unhandled C++ Exception' },
  { title: 'abort | core::panicking::panic_fmt', tags: [], reason: 'STATUS_FATAL_APP_EXIT' },
  { title: 'EMPTY: no crashing thread identified', tags: [], reason: '' },
  { title: 'x'.repeat(255), tags: ['fastfail GUARD_ICALL_CHECK_FAILURE_WITH_A_LONG_NAME |'], reason: 'EXCEPTION_STACK_BUFFER_OVERRUN / FAST_FAIL_GUARD_ICALL_CHECK_FAILURE' },
  { title: '문서::페이지::그리기', tags: [], reason: 'EXCEPTION_ILLEGAL_INSTRUCTION' },
];

const VERSIONS = ['2.4.1', '2.4.0', '2.10.0-beta.3+build.20261123.4f0e9c2', '2.3.9', '1.9.0', '2.4.1-rc1', '', '0.0.0.0'];
const SYSTEMS = ['Windows 10.0.19045', 'Windows 10.0.22631', 'Windows 6.1.7601 Service Pack 1', 'Windows 10.0.26100', 'Linux 6.1.0-27-amd64 #1 SMP PREEMPT_DYNAMIC'];
const LAYERS = ['monitor', 'localdumps', 'wer-module', 'in-process', 'exit-watcher', 'ingest', ''];

const pick = (next, list) => list[Math.floor(next() * list.length)];
const hex = (next, digits) => Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join('');
const id = (next) => `${hex(next, 8)}-${hex(next, 4)}-7${hex(next, 3)}-8${hex(next, 3)}-${hex(next, 12)}`;

export function makeGroups(now, count, scale) {
  const next = random(7);
  return Array.from({ length: count }, (_, index) => {
    const kind = SIGNATURES[index % SIGNATURES.length];
    const trend = Array.from({ length: 24 }, (_, at) => (next() < 0.3 ? 0 : Math.floor(next() * scale * (at / 24))));
    const first = now - Math.floor(next() * 80 * DAY) - DAY;
    return {
      id: `g${String(index).padStart(5, '0')}`,
      title: index < SIGNATURES.length ? kind.title : `${kind.title}::variant_${index}`,
      tags: kind.tags,
      state: 'new',
      count: Math.floor(scale * (0.2 + next()) * (index === 1 ? 40 : 1)) + 1,
      first_seen: first,
      last_seen: index === 0 ? now - 20_000 : now - Math.floor(next() * 6 * DAY),
      first_version: pick(next, VERSIONS),
      last_version: VERSIONS[index % VERSIONS.length],
      trend,
      reason: kind.reason,
    };
  });
}

export function makeReports(now, count) {
  const next = random(11);
  return Array.from({ length: count }, (_, index) => {
    const kind = SIGNATURES[index % SIGNATURES.length];
    const state = index === 3 ? 'waiting' : index === 5 ? 'failed' : 'processed';
    const received = now - index * 187_000 - 4000;
    return {
      id: id(next),
      client_id: id(next),
      group_id: state === 'processed' ? `g${String(index % SIGNATURES.length).padStart(5, '0')}` : null,
      title: state === 'processed' ? kind.title : '',
      tags: state === 'processed' ? kind.tags : [],
      received,
      crash_time: index % 9 === 4 ? null : received - Math.floor(next() * 90_000),
      app: index % 6 === 2 ? 'Some Very Long Product Name With Spaces (64-bit).exe' : 'sample.exe',
      version: VERSIONS[index % VERSIONS.length],
      os: pick(next, SYSTEMS),
      reason: state === 'processed' ? kind.reason : '',
      layer: LAYERS[index % LAYERS.length],
      state,
      dump_bytes: index % 7 === 4 ? 0 : Math.floor(next() * 4e7) + 2e4,
    };
  });
}

export function makeDays(now, days, scale) {
  const next = random(3);
  const list = [];
  for (let back = days - 1; back >= 0; back -= 1) {
    if (days > 7 && back % 11 === 5) continue; // a day without a crash is not in the answer
    const share = Math.round(scale * (0.4 + next()) * (back < 3 ? 2.2 : 1));
    list.push({
      day: new Date(now - back * DAY).toISOString().slice(0, 10),
      versions: {
        '2.4.1': back < 4 ? share : 0,
        '2.4.0': Math.round(share * 0.7),
        '2.3.9': Math.round(share * 0.25),
        '2.10.0-beta.3+build.20261123.4f0e9c2': Math.round(share * 0.15),
        '2.2.0': Math.round(share * 0.08),
        '2.1.0': Math.round(share * 0.05),
        '1.9.0': Math.round(share * 0.03),
        '': Math.round(share * 0.02),
      },
    });
  }
  return list;
}

export const spread = (names, total) => {
  const next = random(total + 1);
  return names.map((name) => ({ name, count: Math.max(1, Math.floor(total * next() ** 2)) }));
};

export { VERSIONS, SYSTEMS, LAYERS, LONG };
