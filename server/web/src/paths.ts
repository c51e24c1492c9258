// The addresses of the pages. The time range goes along from list to list.
import { currentLocation } from './router';

function carry(path: string): string {
  const range = currentLocation().query.get('range');
  return range ? `${path}?range=${encodeURIComponent(range)}` : path;
}

const base = (project: string): string => `/p/${encodeURIComponent(project)}`;

export const paths = {
  overview: (project: string) => carry(`${base(project)}/overview`),
  groups: (project: string) => carry(`${base(project)}/groups`),
  group: (project: string, id: string) => carry(`${base(project)}/groups/${encodeURIComponent(id)}`),
  reports: (project: string) => carry(`${base(project)}/reports`),
  report: (id: string) => carry(`/reports/${encodeURIComponent(id)}`),
};

export const patterns = {
  overview: '/p/:project/overview',
  groups: '/p/:project/groups',
  group: '/p/:project/groups/:id',
  reports: '/p/:project/reports',
  report: '/reports/:id',
};
