// The list of keys, on "?".
import { useEffect, useRef } from 'preact/hooks';
import { KEY_HELP } from '../keys';
import { Icon } from './icon';

export function KeysDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open && dialog.current?.open) dialog.current.close();
  }, [open]);
  const onClick = (event: MouseEvent): void => {
    if (event.target === dialog.current) onClose(); // the backdrop
  };
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="keys-title" onClose={onClose} onClick={onClick}>
      <div class="dialog-head">
        <h2 id="keys-title">Keys</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick={onClose}><Icon name="cross" /></button>
      </div>
      <dl class="key-list">
        {KEY_HELP.map((entry) => (
          <div key={entry.does}>
            <dt>{entry.keys.map((key) => <kbd key={key}>{key}</kbd>)}</dt>
            <dd>{entry.does}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}
