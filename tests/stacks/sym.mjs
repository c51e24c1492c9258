// sym.mjs - Breakpad symbol files of images, made here byte by byte: functions, lines and inlined functions of the PDB as our own reader
// tells them (tests/symbols holds it to llvm's), and STACK CFI rules of the image's unwind codes. Two readers of .sym are then asked the same.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const lookupProgram = path.join(process.env.SALVOR_NATIVE_BIN, 'symbols_lookup');
const REGISTERS = ['$rax', '$rcx', '$rdx', '$rbx', '$rsp', '$rbp', '$rsi', '$rdi', '$r8', '$r9', '$r10', '$r11', '$r12', '$r13', '$r14', '$r15'];
const hex = (number) => number.toString(16);

function run(program, args, options = {}) {
  const done = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 29, ...options });
  if (done.status !== 0) throw new Error(`${program} ended with ${done.status ?? done.signal ?? done.error}: ${done.stderr}`);
  return done.stdout;
}

// -- the image --

class Image {
  constructor(file) {
    this.bytes = fs.readFileSync(file);
    const pe = this.bytes.readUInt32LE(60);
    const optional = pe + 24;
    const sections = optional + this.bytes.readUInt16LE(pe + 20);
    this.sections = Array.from({ length: this.bytes.readUInt16LE(pe + 6) }, (_, i) => {
      const at = sections + 40 * i;
      return { rva: this.bytes.readUInt32LE(at + 12), size: this.bytes.readUInt32LE(at + 16), at: this.bytes.readUInt32LE(at + 20) };
    });
    this.tableRva = this.bytes.readUInt32LE(optional + 136);
    this.tableBytes = this.bytes.readUInt32LE(optional + 140);
  }

  at(rva) {
    const section = this.sections.find((one) => rva >= one.rva && rva - one.rva < one.size);
    if (!section) throw new Error(`nothing at ${hex(rva)}`);
    return section.at + rva - section.rva;
  }

  entry(rva) {
    const at = this.at(rva);
    return { begin: this.bytes.readUInt32LE(at), end: this.bytes.readUInt32LE(at + 4), unwind: this.bytes.readUInt32LE(at + 8) };
  }

  entries() {
    return Array.from({ length: Math.floor(this.tableBytes / 12) }, (_, i) => this.entry(this.tableRva + 12 * i));
  }

  // The codes of an entry, first instruction of the prologue first; those of what it is chained to come before all of its own.
  codes({ unwind }) {
    const at = this.at(unwind), count = this.bytes[at + 2], flags = this.bytes[at] >> 3;
    const frame = { register: this.bytes[at + 3] & 15, offset: (this.bytes[at + 3] >> 4) * 16 };
    const codes = [];
    for (let i = 0; i < count;) {
      const slot = at + 4 + 2 * i, operation = this.bytes[slot + 1] & 15, info = this.bytes[slot + 1] >> 4;
      const code = { offset: this.bytes[slot], operation, info, frame };
      if (operation === 1) code.value = info ? this.bytes.readUInt32LE(slot + 2) : this.bytes.readUInt16LE(slot + 2) * 8;
      if (operation === 4) code.value = this.bytes.readUInt16LE(slot + 2) * 8;
      if (operation === 5) code.value = this.bytes.readUInt32LE(slot + 2);
      codes.unshift(code);
      i += { 1: info ? 3 : 2, 4: 2, 5: 3, 6: 2, 8: 2, 9: 3 }[operation] ?? 1;
    }
    if (!(flags & 4)) return codes;
    const parent = this.entry(unwind + 4 + 2 * (count + (count & 1)));
    return [...this.codes(parent).map((code) => ({ ...code, offset: 0 })), ...codes];
  }
}

// Rules of one function: what holds at its start, and each change behind an instruction of the prologue.
function cfiOf(image, entry) {
  const lines = [], changes = new Map();
  let size = 8, cfa = () => `.cfa: $rsp ${size} +`, first = '.cfa: $rsp 8 + .ra: .cfa 8 - ^';
  const change = (offset, rule) => changes.set(offset, [...(changes.get(offset) ?? []), rule]);
  for (const code of image.codes(entry)) {
    if (code.operation === 0) {
      size += 8;
      change(code.offset, `${REGISTERS[code.info]}: .cfa ${size} - ^`);
    } else if (code.operation === 1) size += code.value;
    else if (code.operation === 2) size += code.info * 8 + 8;
    else if (code.operation === 3) {
      const above = size - code.frame.offset;
      cfa = () => `.cfa: ${REGISTERS[code.frame.register]} ${above} +`;
    } else if (code.operation === 4 || code.operation === 5) change(code.offset, `${REGISTERS[code.info]}: .cfa ${size - code.value} - ^`);
    else if (code.operation === 10) { // rip, cs, eflags, rsp, ss stand above what else was allocated
      const below = size - 8 + (code.info ? 8 : 0);
      return [`STACK CFI INIT ${hex(entry.begin)} ${hex(entry.end - entry.begin)} .cfa: $rsp ${below + 24} + ^ .ra: $rsp ${below} + ^`];
    }
    change(code.offset, cfa());
  }
  const at0 = changes.get(0);
  if (at0) first = `${first} ${at0.join(' ')}`; // the last rule of a register counts
  changes.delete(0);
  lines.push(`STACK CFI INIT ${hex(entry.begin)} ${hex(entry.end - entry.begin)} ${lastOfEach(first)}`);
  for (const [offset, rules] of [...changes].sort((a, b) => a[0] - b[0])) lines.push(`STACK CFI ${hex(entry.begin + offset)} ${lastOfEach(rules.join(' '))}`);
  return lines;
}

// "name: rule name: rule ..." with the last rule of each name only, which is how a reader that keeps the first would be told the same.
function lastOfEach(text) {
  const rules = new Map();
  for (const [, name, rule] of text.matchAll(/(\S+): (.*?)(?= \S+: |$)/g)) rules.set(name, rule);
  return [...rules].map(([name, rule]) => `${name}: ${rule}`).join(' ');
}

// -- the PDB --

// Answers of our reader for each byte of a procedure, as frames innermost first.
function framesOf(pdb, { rva, size }) {
  const input = Array.from({ length: size }, (_, i) => `${hex(rva + i)}\n`).join('');
  return run(lookupProgram, [pdb], { input }).trim().split('\n\n').map((answer) => {
    const lines = answer.split('\n');
    return Array.from({ length: lines.length / 2 }, (_, k) => {
      const [, file, line] = /^(.*):(\d+)$/.exec(lines[2 * k + 1]);
      return { name: lines[2 * k], file, line: Number(line) };
    });
  });
}

class Numbers {
  of = new Map();
  get(text) {
    if (!this.of.has(text)) this.of.set(text, this.of.size);
    return this.of.get(text);
  }
}

// Runs of bytes for which key gives the same: [{from, to, key}].
function runs(count, key) {
  const found = [];
  for (let i = 0; i < count; i++) {
    const now = key(i);
    if (found.length && found.at(-1).key === now) found.at(-1).to = i + 1;
    else found.push({ from: i, to: i + 1, key: now });
  }
  return found.filter((one) => one.key !== null);
}

function functionLines(procedure, frames, files, origins) {
  const { rva, size } = procedure;
  const lines = [`FUNC ${hex(rva)} ${hex(size)} 0 ${procedure.name}`];
  const deepest = Math.max(...frames.map((chain) => chain.length)) - 1;
  for (let depth = 0; depth < deepest; depth++) {
    // depth 0 is inlined into the function itself; it is told apart by all that it is inlined into.
    const key = (i) => {
      const outer = frames[i].slice(frames[i].length - 2 - depth);
      return frames[i].length - 2 < depth ? null : JSON.stringify([outer[0].name, outer.slice(1).map((one) => [one.name, one.file, one.line])]);
    };
    for (const { from, to } of runs(size, key)) {
      const [inlined, caller] = frames[from].slice(frames[from].length - 2 - depth);
      lines.push(`INLINE ${depth} ${caller.line} ${files.get(caller.file)} ${origins.get(inlined.name)} ${hex(rva + from)} ${hex(to - from)}`);
    }
  }
  for (const { from, to } of runs(size, (i) => `${frames[i][0].file}:${frames[i][0].line}`))
    if (frames[from][0].line) lines.push(`${hex(rva + from)} ${hex(to - from)} ${frames[from][0].line} ${files.get(frames[from][0].file)}`);
  return lines;
}

function procedures(pdb) {
  const sections = [...run('llvm-pdbutil', ['dump', '--section-headers', pdb]).matchAll(/^\s*([0-9A-F]+) virtual address$/gim)].map((one) => parseInt(one[1], 16));
  const pattern = /S_[GL]PROC32(?:_ID)? \[size = \d+\] `(.*)`\s+parent = \d+, end = \d+, addr = (\d+):(\d+), code size = (\d+)/g;
  return [...run('llvm-pdbutil', ['dump', '--symbols', pdb]).matchAll(pattern)]
    .map(([, name, section, offset, size]) => ({ name, rva: sections[Number(section) - 1] + Number(offset), size: Number(size) }))
    .sort((a, b) => a.rva - b.rva).filter((one, i, all) => one.size && (!i || all[i - 1].rva !== one.rva));
}

// -- files and ids --

export const idOf = (name) => `${createHash('sha256').update(name).digest('hex').slice(0, 32).toUpperCase()}1`;
export const debugName = (module) => `${module.replace(/\.[^.]*$/, '')}.pdb`;

// Writes the symbol file of an image where both readers look for it; pdb may be undefined.
export function writeSym(folder, module, imageFile, pdb) {
  const image = new Image(imageFile), files = new Numbers(), origins = new Numbers();
  const functions = pdb ? procedures(pdb).flatMap((one) => functionLines(one, framesOf(pdb, one), files, origins)) : [];
  const cfi = image.entries().flatMap((entry) => (entry.unwind & 1 ? [] : cfiOf(image, entry)));
  const text = [
    `MODULE windows x86_64 ${idOf(module)} ${debugName(module)}`,
    ...[...files.of].map(([name, number]) => `FILE ${number} ${name}`),
    ...[...origins.of].map(([name, number]) => `INLINE_ORIGIN ${number} ${name}`),
    ...functions, ...cfi, '',
  ].join('\n');
  const place = path.join(folder, debugName(module), idOf(module));
  fs.mkdirSync(place, { recursive: true });
  fs.writeFileSync(path.join(place, `${module.replace(/\.[^.]*$/, '')}.sym`), text);
}

// A copy of a dump whose modules have a CodeView record with the id of their symbol file: Wine's own have none that Breakpad reads.
export function withIds(report, to) {
  const bytes = fs.readFileSync(report);
  const added = [];
  let end = bytes.length;
  for (let i = 0; i < bytes.readUInt32LE(8); i++) {
    const row = bytes.readUInt32LE(12) + 12 * i;
    if (bytes.readUInt32LE(row) !== 4) continue;
    const list = bytes.readUInt32LE(row + 8);
    for (let k = 0; k < bytes.readUInt32LE(list); k++) {
      const module = list + 4 + 108 * k, name = bytes.readUInt32LE(module + 20);
      const full = bytes.toString('utf16le', name + 4, name + 4 + bytes.readUInt32LE(name));
      const base = full.split('\\').at(-1), id = Buffer.from(idOf(base).slice(0, 32), 'hex');
      const guid = Buffer.concat([Buffer.from(id.subarray(0, 4)).reverse(), Buffer.from(id.subarray(4, 6)).reverse(), Buffer.from(id.subarray(6, 8)).reverse(), id.subarray(8)]);
      const record = Buffer.concat([Buffer.from('RSDS'), guid, Buffer.from([1, 0, 0, 0]), Buffer.from(`${debugName(base)}\0`)]);
      bytes.writeUInt32LE(record.length, module + 76);
      bytes.writeUInt32LE(end, module + 80);
      added.push(record);
      end += record.length;
    }
  }
  fs.writeFileSync(to, Buffer.concat([bytes, ...added]));
  return to;
}
