// From the address to the page, behind the door.
import { useEffect, useState } from 'preact/hooks';
import { Frame } from './components/frame';
import { Notice } from './components/states';
import { Tooltip } from './components/tooltip';
import { plain, crashSentence } from './crash';
import { Missing } from './pages/missing';
import { GroupPage } from './pages/group';
import { Groups } from './pages/groups';
import { Overview } from './pages/overview';
import { ReportPage } from './pages/report';
import { Reports } from './pages/reports';
import { SignIn } from './pages/sign-in';
import { paths, patterns } from './paths';
import { matchPath, navigate, useLocation } from './router';
import { rememberProject, session, startProject, startSession } from './session';
import { useStore } from './store';
import type { ReportDetail, SessionInfo } from './types';

interface View {
  page: 'overview' | 'groups' | 'group' | 'reports' | 'report' | 'missing';
  project: string | null;
  id: string;
}

function viewOf(path: string): View {
  for (const page of ['overview', 'groups', 'group', 'reports', 'report'] as const) {
    const values = matchPath(patterns[page], path);
    if (values) return { page, project: values.project ?? null, id: values.id ?? '' };
  }
  return { page: 'missing', project: null, id: '' };
}

export function App() {
  const now = useStore(session);
  return (
    <>
      {now.state === 'in' && <SignedIn info={now.info} />}
      {now.state === 'out' && <SignIn expired={now.expired} />}
      {now.state === 'failed' && (
        <main class="alone">
          <Notice icon="plug" title="The server cannot be reached" alert action={<button type="button" class="button" onClick={() => void startSession()}>Try again</button>}>
            {now.error.message}
          </Notice>
        </main>
      )}
      <Tooltip />
    </>
  );
}

function SignedIn({ info }: { info: SessionInfo }) {
  const { path } = useLocation();
  const start = startProject(info);
  const home = path === '/' || path === '';
  useEffect(() => {
    if (home && start !== null) navigate(paths.overview(start), { replace: true });
  }, [home, start]);
  if (home) return start === null ? <NoProject info={info} /> : null;
  return <Page info={info} start={start} path={path} />;
}

interface PageProps {
  info: SessionInfo;
  start: string | null;
  path: string;
}

/** A report's address does not name its project: until it is loaded, the last project seen stands in. */
function Page({ info, start, path }: PageProps) {
  const [loaded, setLoaded] = useState<{ path: string; report: ReportDetail } | null>(null);
  const view = viewOf(path);
  const report = loaded?.path === path ? loaded.report : null;
  const project = view.project ?? report?.project ?? start;
  useEffect(() => {
    if (view.project ?? report?.project) rememberProject(project!);
  }, [project]);
  const parent = project === null ? '/' : parentOf(view, project, report);
  return (
    <Frame info={info} project={project} ranged={view.page !== 'report' && view.page !== 'missing'} parent={parent} title={titleOf(view, report)}>
      <Content key={path} view={view} onReport={(value) => setLoaded({ path, report: value })} />
    </Frame>
  );
}

function parentOf(view: View, project: string, report: ReportDetail | null): string {
  if (view.page === 'group') return paths.groups(project);
  if (view.page === 'report') return report?.group_id ? paths.group(project, report.group_id) : paths.reports(project);
  return paths.overview(project);
}

function titleOf(view: View, report: ReportDetail | null): string {
  if (view.page === 'report') return report ? plain(crashSentence(report)) : 'Report';
  const names = { overview: view.project ?? 'Overview', groups: 'Groups', group: 'Group', reports: 'Reports', missing: 'Not found' };
  return view.project && view.page !== 'overview' ? `${names[view.page]} · ${view.project}` : names[view.page];
}

function Content({ view, onReport }: { view: View; onReport: (report: ReportDetail) => void }) {
  const { page, project, id } = view;
  if (page === 'report') return <ReportPage id={id} onLoaded={onReport} />;
  if (project === null) return <Missing />;
  if (page === 'overview') return <Overview project={project} />;
  if (page === 'groups') return <Groups project={project} />;
  if (page === 'group') return <GroupPage project={project} id={id} />;
  return <Reports project={project} />;
}

function NoProject({ info }: { info: SessionInfo }) {
  return (
    <Frame info={info} project={null} ranged={false} parent="/" title="No project">
      <Notice icon="lock" title="You are in no project yet">
        Whoever administers this server can add <strong><bdi>{info.user.name}</bdi></strong> to one.
      </Notice>
    </Frame>
  );
}
