// Project, search, time range, account.
import { paths } from '../paths';
import { signOut } from '../session';
import type { SessionInfo } from '../types';
import { Icon } from './icon';
import { Menu } from './menu';
import { RangeChoice } from './range-choice';
import { SearchBox } from './search-box';

interface Props {
  info: SessionInfo;
  project: string | null;
  ranged: boolean;
  onKeys: () => void;
}

export function TopBar({ info, project, ranged, onKeys }: Props) {
  return (
    <header class="top">
      <Menu
        class="button button-plain project-button"
        label={`Project: ${project ?? 'none'}`}
        button={<span class="project-name">{project ?? 'No project'}</span>}
        heading="Projects"
        items={info.projects.map((item) => ({
          key: item.name,
          label: <bdi class="menu-name">{item.name}</bdi>,
          href: paths.overview(item.name),
          checked: item.name === project,
        }))}
      />
      <SearchBox project={project} />
      <RangeChoice shown={ranged} />
      <Menu
        class="icon-button account-button"
        label={`Account of ${info.user.name}`}
        side="right"
        chevron={false}
        button={<Icon name="user" />}
        heading={<><strong><bdi>{info.user.name}</bdi></strong><span class="muted">{info.user.role}</span></>}
        items={[
          { key: 'keys', label: <>Keys<kbd>?</kbd></>, onPick: onKeys },
          { key: 'out', label: 'Sign out', onPick: () => void signOut() },
        ]}
      />
    </header>
  );
}
