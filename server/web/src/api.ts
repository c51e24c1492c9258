// Every request to the server goes through here: JSON in and out, one error type with a kind that a page can show.
import type { Group, GroupDetail, Overview, Page, Report, ReportDetail, SessionInfo } from './types';

const BASE = '/api/v1';

export type ErrorKind = 'offline' | 'signed-out' | 'forbidden' | 'missing' | 'refused' | 'server';

export class ApiError extends Error {
  constructor(
    readonly kind: ErrorKind,
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

function kindOf(status: number): ErrorKind {
  if (status === 401) return 'signed-out';
  if (status === 403) return 'forbidden';
  if (status === 404 || status === 410) return 'missing';
  return status < 500 ? 'refused' : 'server';
}

let onSignedOut = (): void => {};

/** Called when any request but the sign-in itself finds the session gone. */
export function setSignedOutHandler(handler: () => void): void {
  onSignedOut = handler;
}

async function errorFrom(response: Response): Promise<ApiError> {
  let code = String(response.status);
  let message = response.statusText || `The server answered ${response.status}.`;
  try {
    const body = (await response.json()) as { error?: { code?: string; message?: string } };
    code = body.error?.code ?? code;
    message = body.error?.message ?? message;
  } catch {
    // A proxy's own page instead of our JSON: the status line has to do.
  }
  return new ApiError(kindOf(response.status), response.status, code, message);
}

async function request<T>(path: string, init: RequestInit = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(BASE + path, { credentials: 'same-origin', ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError('offline', 0, 'offline', 'The server cannot be reached.');
  }
  if (response.status === 401 && path !== '/session') onSignedOut();
  if (!response.ok) throw await errorFrom(response);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return request<T>(path, { signal: signal ?? null, headers: { Accept: 'application/json' } });
}

function change<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json', 'X-Salvor-Request': '1' };
  if (body === undefined) return request<T>(path, { method, headers });
  headers['Content-Type'] = 'application/json';
  return request<T>(path, { method, headers, body: JSON.stringify(body) });
}

/** Builds "?a=1&b=2" from what is set; undefined, null and '' are left out. */
export function queryString(values: Record<string, string | number | null | undefined>): string {
  const pairs = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== '');
  if (pairs.length === 0) return '';
  return `?${new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString()}`;
}

const project = (name: string): string => `/projects/${encodeURIComponent(name)}`;
const report = (id: string): string => `/reports/${encodeURIComponent(id)}`;

export interface ListQuery {
  range?: string;
  q?: string;
  sort?: string;
  order?: string;
  limit?: number;
  cursor?: string | null;
  group?: string;
}

const listQuery = (query: ListQuery): string => queryString({ ...query });

export const api = {
  session: (signal?: AbortSignal) => get<SessionInfo>('/session', signal),
  signIn: (user: string, password: string) => change<SessionInfo>('POST', '/session', { user, password }),
  signOut: () => change<void>('DELETE', '/session'),
  overview: (name: string, range: string, signal?: AbortSignal) =>
    get<Overview>(`${project(name)}/overview${queryString({ range })}`, signal),
  groups: (name: string, query: ListQuery, signal?: AbortSignal) =>
    get<Page<Group>>(`${project(name)}/groups${listQuery(query)}`, signal),
  group: (name: string, id: string, signal?: AbortSignal) =>
    get<GroupDetail>(`${project(name)}/groups/${encodeURIComponent(id)}`, signal),
  reports: (name: string, query: ListQuery, signal?: AbortSignal) =>
    get<Page<Report>>(`${project(name)}/reports${listQuery(query)}`, signal),
  report: (id: string, signal?: AbortSignal) => get<ReportDetail>(report(id), signal),
};

/** Addresses for links that the browser downloads by itself. */
export const files = {
  dump: (id: string) => `${BASE}${report(id)}/dump`,
  raw: (id: string) => `${BASE}${report(id)}/raw`,
  attachment: (id: string, index: number) => `${BASE}${report(id)}/attachments/${index}`,
};
