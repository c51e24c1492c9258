// The crashes that the demonstration makes, one for each layer, and what the server must say about each.
import path from 'node:path';
import { windowsPath } from './wine.mjs';

export const crashes = (mingwBin) => {
  const sample = path.join(mingwBin, 'salvor-sample.exe');
  const werhost = path.join(mingwBin, 'werhost.exe');
  return [
    {
      title: 'a write access violation, dumped by the monitor',
      command: [sample, 'write-av'],
      reason: 'EXCEPTION_ACCESS_VIOLATION_WRITE',
      layer: 'monitor',
    },
    {
      title: 'a fast fail, which only Windows Error Reporting sees (here its test stand-in), found in the LocalDumps folder',
      command: [werhost, 'run', windowsPath(sample), 'fast-fail'],
      reason: 'FAST_FAIL_FATAL_APP_EXIT',
      layer: 'localdumps',
    },
    {
      title: 'the same with salvor-wer.dll registered: Windows Error Reporting (its stand-in) loads it, and it writes the dump',
      module: path.join(mingwBin, 'salvor-wer.dll'),
      command: [werhost, 'run', windowsPath(sample), 'fast-fail'],
      reason: 'FAST_FAIL_FATAL_APP_EXIT',
      layer: 'wer-module',
    },
    {
      title: 'the same where Windows Error Reporting says nothing at all: known by its exit code, after the grace period',
      command: [sample, 'fast-fail'],
      reason: 'STATUS_STACK_BUFFER_OVERRUN',
      layer: 'exit-watcher',
      noDump: true,
    },
  ];
};

export const SAMPLE_NAME = 'salvor-sample.exe';
// tests/crashers/sample.rc: "2.4.1" where the client said it, the four numbers of the module's resource where nobody did.
export const SAMPLE_VERSIONS = ['2.4.1', '2.4.1.0'];
