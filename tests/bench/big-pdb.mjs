// big-pdb: a large PDB and its image, made by clang and lld. One unit of generated C++ is compiled; the others are copies of its object with
// another namespace and folder of the same length in every name, so that nothing of them is merged away.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const UNITS = 30;
const CLASSES = 250; // of four methods, in each unit
const FIRST = 'unit0000';
const tag = (unit) => `unit${String(unit).padStart(4, '0')}`;

const header = `#line 1 "c:\\\\build\\\\${FIRST}\\\\shapes.h"
namespace ${FIRST} {
extern volatile int sink;
template <class T> struct Box {
  T value, other;
  int count;
  inline __attribute__((always_inline)) T take(int by) {
    count += by;
    value = value * 3 + other;
    return value - count;
  }
};
inline __attribute__((always_inline)) int mix(int a, int b) {
  sink = a;
  int c = a * 31 ^ b;
  sink = c;
  return c;
}
inline __attribute__((always_inline)) int fold(int a, int b) {
  int c = mix(a, b);
  sink = c + a;
  return mix(c, b + 1);
}
`;

const classOf = (name) => `struct ${name} {
  int width, height, depth;
  const char *title;
  struct Part {
    int weight;
    float length;
    Part *next;
  } *parts;
  enum Mode { Small${name}, Large${name} } mode;
  Box<long long> box;
  int handle(int, const char *);
  int paint(${name} &, double);
  int close(int, int, int);
  int resize(long long);
};
`;

const method = (name, head, first, number) => `int ${name}::${head} {
  int local = ${first};
  int other = fold(local, width);
  sink = other;
  for (int step = 0; step < height; step++) {
    int part = mix(step, local);
    sink += part;
    if (part & 1)
      other = fold(other, part);
    else
      local += (int)box.take(part);
  }
  sink = local;
  if (other > depth) {
    sink = mix(other, mode);
    return local - other;
  }
  parts->weight = other;
  sink = other + local;
  return fold(other, ${number});
}
`;

const methodsOf = (name, number) => [
  method(name, 'handle(int a, const char *text)', 'text ? *text : a', number),
  method(name, `paint(${name} &peer, double scale)`, 'peer.width + (int)scale', number + 1),
  method(name, 'close(int a, int b, int c)', 'a + b * c', number + 2),
  method(name, 'resize(long long size)', '(int)size', number + 3),
].join('');

function unitSource() {
  const names = Array.from({ length: CLASSES }, (_, i) => `Widget${String(i).padStart(3, '0')}`);
  return `${header}${names.map(classOf).join('')}#line 1 "c:\\\\build\\\\${FIRST}\\\\widget.cpp"
${names.map((name, i) => methodsOf(name, 4 * i)).join('')}}
`;
}

function compile(folder, name, text) {
  const source = join(folder, `${name}.cpp`);
  writeFileSync(source, text);
  execFileSync('clang++', ['--target=x86_64-pc-windows-msvc', '-gcodeview', '-g', '-O1', '-ffreestanding', '-fno-exceptions', '-fno-rtti',
    '-funwind-tables', '-fno-stack-protector', '-mno-stack-arg-probe', '-c', source, '-o', join(folder, `${name}.o`)]);
  return join(folder, `${name}.o`);
}

function make(folder) {
  const bytes = readFileSync(compile(folder, 'unit', unitSource())).toString('latin1');
  const objects = Array.from({ length: UNITS }, (_, unit) => {
    writeFileSync(join(folder, `${tag(unit)}.o`), bytes.replaceAll(FIRST, tag(unit)), 'latin1');
    return join(folder, `${tag(unit)}.o`);
  });
  const sinks = Array.from({ length: UNITS }, (_, unit) => `namespace ${tag(unit)} { volatile int sink; }\n`).join('');
  objects.push(compile(folder, 'main', `${sinks}extern "C" int _fltused = 0;\nextern "C" int start() { return 0; }\n`));
  execFileSync('lld-link', ['/nodefaultlib', '/entry:start', '/subsystem:console', '/debug', '/opt:noref,noicf',
    `/pdb:${join(folder, 'big.pdb')}`, `/out:${join(folder, 'big.exe')}`, ...objects]);
  for (const object of objects) rmSync(object);
}

// Made once for each text of this file: returns {folder, image, pdb, units}.
export function bigPdb(parent) {
  const hash = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url))).digest('hex').slice(0, 12);
  const folder = join(parent, `big-pdb-${hash}`);
  if (!existsSync(folder)) {
    const draft = `${folder}.${process.pid}`;
    mkdirSync(draft, { recursive: true });
    make(draft);
    renameSync(draft, folder);
  }
  return { folder, image: join(folder, 'big.exe'), pdb: join(folder, 'big.pdb') };
}
