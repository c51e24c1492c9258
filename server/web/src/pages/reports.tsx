// All reports of a project.
import { ReportList } from '../components/report-list';

export function Reports({ project }: { project: string }) {
  return <div class="page"><ReportList project={project} /></div>;
}
