// The sections of a project: a rail at the left, a bar at the bottom of a narrow window.
import { paths } from '../paths';
import { useLocation } from '../router';
import { Icon, Mark, type IconName } from './icon';

interface Section {
  id: string;
  label: string;
  icon: IconName;
  href: (project: string) => string;
}

/** In the order of the rail; a new page adds itself here. */
const SECTIONS: Section[] = [
  { id: 'overview', label: 'Overview', icon: 'overview', href: paths.overview },
  { id: 'groups', label: 'Groups', icon: 'groups', href: paths.groups },
  { id: 'reports', label: 'Reports', icon: 'reports', href: paths.reports },
];

function sectionOf(path: string): string {
  if (path.startsWith('/reports/')) return 'reports';
  return /^\/p\/[^/]+\/([^/]+)/.exec(path)?.[1] ?? 'overview';
}

export function Rail({ project }: { project: string | null }) {
  const current = sectionOf(useLocation().path);
  return (
    <nav class="rail" aria-label="Sections">
      <a class="brand" href="/" aria-label="Salvor, start page"><Mark /><span class="brand-name">Salvor</span></a>
      {project !== null && SECTIONS.map((section) => (
        <a key={section.id} class="rail-item" href={section.href(project)} aria-current={section.id === current ? 'page' : undefined}>
          <Icon name={section.icon} />
          <span>{section.label}</span>
        </a>
      ))}
    </nav>
  );
}
