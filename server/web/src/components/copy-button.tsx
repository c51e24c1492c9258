// Puts text on the clipboard and says so in its own place.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Icon } from './icon';

/** The clipboard interface is missing on plain http: there the old way does it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'visually-hidden';
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}

export function useCopied(): [boolean, (text: string) => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = window.setTimeout(() => setCopied(false), 1600);
    return () => window.clearTimeout(timer);
  }, [copied]);
  return [copied, (text) => void copyText(text).then(setCopied)];
}

interface Props {
  /** Given as a function when it is costly to build. */
  text: string | (() => string);
  label: string;
  children?: ComponentChildren;
}

export function CopyButton({ text, label, children }: Props) {
  const [copied, copy] = useCopied();
  return (
    <button type="button" class={children ? 'button' : 'icon-button'} aria-label={children ? undefined : label} data-tip={copied ? 'Copied' : label} onClick={() => copy(typeof text === 'string' ? text : text())}>
      <Icon name={copied ? 'check' : 'copy'} />
      {children}
      <span class="visually-hidden" aria-live="polite">{copied ? 'Copied' : ''}</span>
    </button>
  );
}
