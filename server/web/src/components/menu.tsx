// A button that opens a short list. Arrow keys move, Escape closes, the focus returns to the button.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Icon } from './icon';

export interface MenuItem {
  label: ComponentChildren;
  key: string;
  /** Where it leads; else onPick does the work. */
  href?: string;
  download?: boolean;
  onPick?: () => void;
  checked?: boolean;
}

interface Props {
  button: ComponentChildren;
  label: string;
  items: MenuItem[];
  class?: string;
  side?: 'left' | 'right';
  heading?: ComponentChildren;
  chevron?: boolean;
}

export function Menu({ button, label, items, class: name = 'button', side = 'left', heading, chevron = true }: Props) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const id = useId();

  useEffect(() => {
    if (!open) return;
    const list = box.current?.querySelectorAll<HTMLElement>('[role^=menuitem]');
    (box.current?.querySelector<HTMLElement>('[aria-checked=true]') ?? list?.[0])?.focus();
    const outside = (event: Event): void => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [open]);

  const close = (): void => {
    setOpen(false);
    box.current?.querySelector<HTMLElement>('button')?.focus();
  };

  const onKey = (event: KeyboardEvent): void => {
    if (!open) return;
    const list = [...(box.current?.querySelectorAll<HTMLElement>('[role^=menuitem]') ?? [])];
    const here = list.indexOf(document.activeElement as HTMLElement);
    const steps: Record<string, number> = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: list.length - 1 };
    const next = steps[event.key];
    if (event.key === 'Escape') close();
    else if (event.key === 'Tab') return setOpen(false);
    else if (next !== undefined) list[(next + list.length) % list.length]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div class="menu" ref={box} onKeyDown={onKey}>
      <button type="button" class={name} aria-haspopup="menu" aria-expanded={open} aria-controls={id} aria-label={label} onClick={() => setOpen(!open)}>
        {button}
        {chevron && <Icon name="chevron" />}
      </button>
      <div class={`menu-list menu-${side}`} role="menu" id={id} aria-label={label} hidden={!open}>
        {heading && <div class="menu-heading">{heading}</div>}
        {open && items.map((item) => <Item key={item.key} item={item} close={close} />)}
      </div>
    </div>
  );
}

function Item({ item, close }: { item: MenuItem; close: () => void }) {
  const choice = item.checked !== undefined;
  const pick = (): void => {
    close();
    item.onPick?.();
  };
  const content = (
    <>
      {choice && <span class="menu-check">{item.checked && <Icon name="check" />}</span>}
      {item.label}
    </>
  );
  const role = choice ? 'menuitemradio' : 'menuitem';
  if (item.href) {
    return <a class="menu-item" role={role} aria-checked={item.checked} href={item.href} download={item.download} tabIndex={-1} onClick={pick}>{content}</a>;
  }
  return <button type="button" class="menu-item" role={role} aria-checked={item.checked} tabIndex={-1} onClick={pick}>{content}</button>;
}
