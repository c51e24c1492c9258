// clock.mjs - the clocks of a collector and its uploaders, set while they run (jump.c is preloaded into them).
import fs from 'node:fs';
import path from 'node:path';

const preload = process.env.SALVOR_CLOCK_PRELOAD;
export const skip = !preload && 'SALVOR_CLOCK_PRELOAD names no library';
export const HOUR = 3600 * 1000;
export const DAY = 24 * HOUR;
export const YEAR = 365 * DAY;

/** A clock in folder. env: what programs are started with; now(): the time that they see, in ms. */
export function makeClock(folder) {
  const file = path.join(folder, 'clock');
  let wall = 0, steady = 0;
  const set = () => {
    const bytes = Buffer.alloc(16);
    bytes.writeBigInt64LE(BigInt(Math.round(wall)) * 1000000n, 0);
    bytes.writeBigInt64LE(BigInt(Math.round(steady)) * 1000000n, 8);
    const fd = fs.openSync(file, fs.existsSync(file) ? 'r+' : 'w'); // in place: it is mapped
    fs.writeSync(fd, bytes, 0, 16, 0);
    fs.closeSync(fd);
  };
  set();
  return {
    env: { SALVOR_CLOCK: file, LD_PRELOAD: preload, ASAN_OPTIONS: 'verify_asan_link_order=0' },
    now: () => Date.now() + wall,
    /** Somebody sets the clock: so much ahead of what it was, or back. */
    jump: (ms) => { wall += ms; set(); },
    /** Time goes by. */
    pass: (ms) => { wall += ms; steady += ms; set(); },
  };
}
