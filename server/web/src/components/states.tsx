// What a view shows instead of its content: nothing there, not allowed, not found, not reachable, broken.
import type { ComponentChildren } from 'preact';
import type { ApiError } from '../api';
import { Icon, type IconName } from './icon';

interface Props {
  icon: IconName;
  title: string;
  children?: ComponentChildren;
  action?: ComponentChildren;
  alert?: boolean;
}

export function Notice({ icon, title, children, action, alert }: Props) {
  return (
    <div class="notice" role={alert ? 'alert' : undefined}>
      <span class="notice-icon"><Icon name={icon} /></span>
      <div>
        <h2 class="notice-title">{title}</h2>
        {children && <div class="notice-text">{children}</div>}
        {action && <div class="notice-action">{action}</div>}
      </div>
    </div>
  );
}

interface ErrorProps {
  error: ApiError;
  what: string;
  retry: () => void;
}

export function ErrorNotice({ error, what, retry }: ErrorProps) {
  const again = <button type="button" class="button" onClick={retry}>Try again</button>;
  switch (error.kind) {
    case 'offline':
      return (
        <Notice icon="plug" title="The server cannot be reached" alert action={again}>
          Trying again every few seconds. {what} will appear here by itself.
        </Notice>
      );
    case 'forbidden':
      return (
        <Notice icon="lock" title={`You may not see ${lower(what)}`} alert>
          Your account lacks the right to it. Whoever administers this server can add you to the project.
        </Notice>
      );
    case 'missing':
      return (
        <Notice icon="search" title={`${what} is not here`} alert>
          {error.message} It may have been removed by retention, the address may be cut short, or your account has no right to it.
        </Notice>
      );
    case 'refused':
      return <Notice icon="alert" title="The server did not accept this request" alert action={again}>{error.message}</Notice>;
    default:
      return (
        <Notice icon="alert" title={`${what} could not be loaded`} alert action={again}>
          {error.message} <span class="muted mono">({error.code})</span>
        </Notice>
      );
  }
}

const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
