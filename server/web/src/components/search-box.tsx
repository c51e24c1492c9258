// The one search. A report's id leads straight to the report; everything else searches the list at hand.
import { useEffect, useRef, useState } from 'preact/hooks';
import { api } from '../api';
import { useKeys } from '../keys';
import { paths } from '../paths';
import { currentLocation, navigate, useLocation } from '../router';
import { Icon } from './icon';

const REPORT_ID = /^(bp-)?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

async function findReport(text: string): Promise<boolean> {
  if (!REPORT_ID.test(text)) return false;
  try {
    const report = await api.report(text.replace(/^bp-/i, ''));
    navigate(paths.report(report.id));
    return true;
  } catch {
    return false; // not an id of the server: perhaps the client's, which the list finds
  }
}

function listPath(project: string, q: string, report: boolean): string {
  const target = report || /\/reports$/.test(currentLocation().path) ? paths.reports(project) : paths.groups(project);
  if (!q) return target;
  return `${target}${target.includes('?') ? '&' : '?'}q=${encodeURIComponent(q)}`;
}

export function SearchBox({ project }: { project: string | null }) {
  const asked = useLocation().query.get('q') ?? '';
  const [text, setText] = useState(asked);
  const [open, setOpen] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => setText(asked), [asked]);

  const focus = (): void => {
    setOpen(true);
    input.current?.select(); // at once, so that no key pressed next is lost
    if (document.activeElement !== input.current) requestAnimationFrame(() => input.current?.select());
  };
  useKeys({ '/': focus });

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!project) return;
    const q = text.trim();
    input.current?.blur();
    setOpen(false);
    if (await findReport(q)) return;
    navigate(listPath(project, q, REPORT_ID.test(q)));
  };
  const clear = (): void => {
    setText('');
    if (asked && project) navigate(listPath(project, '', false));
    input.current?.focus();
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    setText(asked);
    setOpen(false);
    input.current?.blur();
  };

  return (
    <>
      <button type="button" class="icon-button search-open" aria-label="Search" onClick={focus}><Icon name="search" /></button>
      <form class={`search${open ? ' is-open' : ''}`} role="search" onSubmit={(event) => void submit(event)}>
        <Icon name="search" />
        <input
          ref={input} type="text" name="q" aria-label="Search signatures and reports" placeholder="Search signatures, or paste a report id"
          autocomplete="off" autocapitalize="off" spellcheck={false} enterkeyhint="search" dir="auto" disabled={!project}
          value={text} onInput={(event) => setText(event.currentTarget.value)} onKeyDown={onKey} onBlur={() => setOpen(false)}
        />
        {text
          ? <button type="button" class="icon-button search-clear" aria-label="Clear the search" onMouseDown={(event) => event.preventDefault()} onClick={clear}><Icon name="cross" /></button>
          : <kbd aria-hidden={true}>/</kbd>}
      </form>
    </>
  );
}
