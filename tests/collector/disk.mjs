// disk.mjs - a small disk of a test's own, which can be full to the page or read-only: a tmpfs. Run below tests/own-mounts.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export const PAGE = 4096;
export const skip = process.env.SALVOR_OWN_MOUNTS !== '1' && 'mounting a disk takes root and unshare (tests/own-mounts)';

/** Mounts a disk; it goes when the test ends, after what works on it. */
export function mountDisk(t, { size = '4m', inodes = 0 } = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'salvor-disk-'));
  const filler = path.join(folder, 'filler');
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},nr_inodes=${inodes},mode=0700`, 'none', folder]);
  t.after(() => {
    execFileSync('umount', ['--lazy', folder]);
    fs.rmdirSync(folder);
  });
  return {
    folder,
    /** Takes all but so many pages. */
    fill(pagesLeft = 0) {
      const fd = fs.openSync(filler, 'w');
      const block = Buffer.alloc(16 * PAGE);
      let size = 0;
      try {
        for (;;) size += fs.writeSync(fd, block);
      } catch (error) {
        assert.equal(error.code, 'ENOSPC');
      }
      fs.ftruncateSync(fd, Math.max(0, Math.floor(size / PAGE) - pagesLeft) * PAGE);
      fs.closeSync(fd);
    },
    drain: () => fs.rmSync(filler),
    /** Nobody may have a file of it open for writing. */
    setReadOnly: (isReadOnly) => execFileSync('mount', ['-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, folder]),
  };
}
