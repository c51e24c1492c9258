// The frame around every page: rail, top bar, keys, and what says that the connection is gone.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { moveRow, useKeys } from '../keys';
import { offline } from '../query';
import { canGoBack, navigate } from '../router';
import { useStore } from '../store';
import type { SessionInfo } from '../types';
import { KeysDialog } from './keys-dialog';
import { Icon } from './icon';
import { Rail } from './rail';
import { TopBar } from './top-bar';

interface Props {
  info: SessionInfo;
  project: string | null;
  /** Whether the page has use for the time range. */
  ranged: boolean;
  /** Where "u" leads when there is no page to go back to. */
  parent: string;
  title: string;
  children: ComponentChildren;
}

export function Frame({ info, project, ranged, parent, title, children }: Props) {
  const [keys, setKeys] = useState(false);
  const isOffline = useStore(offline);
  useKeys({
    '?': () => setKeys(true),
    j: () => moveRow(1),
    k: () => moveRow(-1),
    u: () => (canGoBack() ? window.history.back() : navigate(parent)),
  });
  useEffect(() => {
    document.title = title ? `${title} · Salvor` : 'Salvor';
  }, [title]);
  return (
    <div class="frame">
      <a class="skip" href="#main">Skip to the content</a>
      <Rail project={project} />
      <div class="column">
        <TopBar info={info} project={project} ranged={ranged} onKeys={() => setKeys(true)} />
        {isOffline && (
          <div class="offline" role="status"><Icon name="plug" />No connection to the server. What is shown may be old; trying again.</div>
        )}
        <main id="main" tabIndex={-1}>{children}</main>
      </div>
      <div class="visually-hidden" aria-live="polite">{title}</div>
      <KeysDialog open={keys} onClose={() => setKeys(false)} />
    </div>
  );
}
