// Made byte by byte: a minidump of a thread that stopped in tests/data/symbols/plain-x64.dll, ZIP and CAB archives, sound ones and others.
import zlib from 'node:zlib';

const BASE = 0x180000000n;
const INNERMOST = 0x1050n; // in header_clamp, inlined into thrice_and_more, inlined into plain_sum
const BEHIND = 0x115an; // behind start's call of plain_sum
const STACK = 0x20000n;

const DLL = {
  name: 'plain-x64.dll', timestamp: 0x8c708ef7, size: 0x6000, base: BASE, ip: INNERMOST, behind: BEHIND,
  codeview: Buffer.concat([Buffer.from('RSDS'), Buffer.from('d5d46d50c75436354c4c44205044422e01000000', 'hex'), Buffer.from('plain-x64.pdb\0')]),
};

/** A thread that stopped at a module's ip (an RVA), and the return address behind on its stack; the DLL's plain_sum, called by start, unless
 * told otherwise. seed makes the dump its own. */
export function moduleDump({ seed = 1, ...told } = {}) {
  const module = { ...DLL, ...told };
  const pieces = [];
  let at = 32 + 12 * 4;
  const place = (bytes) => {
    const offset = at;
    pieces.push(bytes);
    at += bytes.length;
    return offset;
  };
  const name = Buffer.from(`C:\\app\\${module.name}\0`, 'utf16le');
  const counted = Buffer.alloc(4 + name.length);
  counted.writeUInt32LE(name.length - 2, 0);
  name.copy(counted, 4);
  const { codeview } = module;
  const context = Buffer.alloc(1232);
  context.writeUInt32LE(0x10000b, 0x30);
  context.writeBigUInt64LE(STACK, 0x98);
  context.writeBigUInt64LE(module.base + module.ip, 0xf8);
  const stack = Buffer.alloc(256);
  stack.writeBigUInt64LE(module.base + module.behind, 0);
  stack.writeUInt32LE(seed, 248);

  const system = Buffer.alloc(56);
  system.writeUInt16LE(9, 0);
  system.writeUInt32LE(10, 8);
  system.writeUInt32LE(19045, 16);
  system.writeUInt32LE(2, 20);
  const modules = Buffer.alloc(4 + 108);
  modules.writeUInt32LE(1, 0);
  modules.writeBigUInt64LE(module.base, 4);
  modules.writeUInt32LE(module.size, 12);
  modules.writeUInt32LE(module.timestamp, 20);
  modules.writeUInt32LE(place(counted), 24);
  modules.writeUInt32LE(codeview.length, 80);
  modules.writeUInt32LE(place(codeview), 84);
  const threads = Buffer.alloc(4 + 48);
  threads.writeUInt32LE(1, 0);
  threads.writeUInt32LE(7, 4);
  threads.writeBigUInt64LE(STACK, 28);
  threads.writeUInt32LE(stack.length, 36);
  threads.writeUInt32LE(place(stack), 40);
  const contextAt = place(context);
  threads.writeUInt32LE(context.length, 44);
  threads.writeUInt32LE(contextAt, 48);
  const exception = Buffer.alloc(168);
  exception.writeUInt32LE(7, 0);
  exception.writeUInt32LE(0xc0000005, 8);
  exception.writeBigUInt64LE(module.base + module.ip, 24);
  exception.writeUInt32LE(2, 32);
  exception.writeBigUInt64LE(16n, 48);
  exception.writeUInt32LE(context.length, 160);
  exception.writeUInt32LE(contextAt, 164);

  const head = Buffer.alloc(32 + 12 * 4);
  head.write('MDMP', 0, 'latin1');
  head.writeUInt32LE(0xa793, 4);
  head.writeUInt32LE(4, 8);
  head.writeUInt32LE(32, 12);
  head.writeUInt32LE(1700000000, 20);
  [[7, system], [3, threads], [4, modules], [6, exception]].forEach(([type, bytes], index) => {
    head.writeUInt32LE(type, 32 + index * 12);
    head.writeUInt32LE(bytes.length, 36 + index * 12);
    head.writeUInt32LE(place(bytes), 40 + index * 12);
  });
  return Buffer.concat([head, ...pieces]);
}

function crc32(bytes) {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

/** entries: {name, bytes, wrongSum}. */
export function zipArchive(entries) {
  const locals = [], centrals = [];
  let at = 0;
  for (const { name, bytes, wrongSum } of entries) {
    const packed = zlib.deflateRawSync(bytes), nameBytes = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE((crc32(bytes) ^ (wrongSum ? 1 : 0)) >>> 0, 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(nameBytes.length, 22);
    const offset = Buffer.alloc(14);
    offset.writeUInt32LE(at, 10);
    centrals.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), common, offset, nameBytes);
    const local = [Buffer.from('PK\x03\x04', 'latin1'), common, nameBytes, packed];
    at += local.reduce((sum, piece) => sum + piece.length, 0);
    locals.push(...local);
  }
  const directory = Buffer.concat(centrals), end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** A CAB archive in MSZIP blocks; announced: the size that its entry claims; files: how many entries name the same bytes. */
export function cabinet(name, bytes, { announced = bytes.length, files = 1 } = {}) {
  const blocks = [];
  for (let from = 0; from < bytes.length; from += 32768) {
    const plain = bytes.subarray(from, from + 32768);
    const packed = Buffer.concat([Buffer.from('CK'), zlib.deflateRawSync(plain, { dictionary: from ? bytes.subarray(from - 32768, from) : undefined })]);
    const head = Buffer.alloc(8);
    head.writeUInt16LE(packed.length, 4);
    head.writeUInt16LE(plain.length, 6);
    blocks.push(head, packed);
  }
  const entry = Buffer.concat([Buffer.alloc(16), Buffer.from(`${name}\0`)]);
  entry.writeUInt32LE(announced, 0);
  const entries = Buffer.concat(Array(files).fill(entry));
  const data = Buffer.concat(blocks), head = Buffer.alloc(36 + 8);
  head.write('MSCF', 0, 'latin1');
  head.writeUInt32LE(head.length + entries.length + data.length, 8);
  head.writeUInt32LE(head.length, 16);
  head[24] = 3;
  head[25] = 1;
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(files, 28);
  head.writeUInt32LE(head.length + entries.length, 36);
  head.writeUInt16LE(blocks.length / 2, 40);
  head.writeUInt16LE(1, 42);
  return Buffer.concat([head, entries, data]);
}
