// Registers of a thread, each with the module that it points into.
import { useMemo, useState } from 'preact/hooks';
import { addressMap, crashingIndex, registerSets, threadLabel } from '../processed';
import type { Processed } from '../types';
import { Notice } from './states';

/** Instruction and stack pointers first, as people look for them. */
const FIRST = ['rip', 'eip', 'pc', 'rsp', 'esp', 'sp', 'rbp', 'ebp', 'fp', 'lr'];

function inOrder(registers: Record<string, string>): [string, string][] {
  const place = ([name]: [string, string]): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  return Object.entries(registers).sort((a, b) => place(a) - place(b));
}

export function RegisterPanel({ processed }: { processed: Processed }) {
  const sets = useMemo(() => registerSets(processed), [processed]);
  const map = useMemo(() => addressMap(processed.modules ?? []), [processed]);
  const [chosen, setChosen] = useState(0);
  const set = sets[chosen];
  if (!set) return <Notice icon="file" title="No registers">The dump holds no thread context.</Notice>;
  const crashing = crashingIndex(processed);
  return (
    <section aria-label="Registers">
      <div class="section-head register-head">
        <h2>Thread <span class="mono">{threadLabel(set.thread, set.index)}</span></h2>
        {set.index === crashing && <span class="crash-badge">Crashed</span>}
        {sets.length > 1 && (
          <select class="select" aria-label="Thread" value={chosen} onChange={(event) => setChosen(Number(event.currentTarget.value))}>
            {sets.map((item, place) => (
              <option key={item.index} value={place}>{threadLabel(item.thread, item.index)} {item.thread.thread_name ?? ''}{item.index === crashing ? ' (crashed)' : ''}</option>
            ))}
          </select>
        )}
      </div>
      <dl class="registers mono">
        {inOrder(set.registers).map(([name, value]) => (
          <div class="register" key={name}>
            <dt>{name}</dt>
            <dd>
              <RegisterValue value={value} />
              <span class="register-target">{map.find(value) ?? ''}</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** Leading zeros stay, in grey: columns line up and the digits that matter stand out. */
function RegisterValue({ value }: { value: string }) {
  const parts = /^(0x0*)(.*)$/i.exec(value);
  if (!parts) return <span>{value}</span>;
  const [, zeros = '', digits = ''] = parts;
  return <span><span class="muted">{digits ? zeros : zeros.slice(0, -1)}</span>{digits || '0'}</span>;
}
