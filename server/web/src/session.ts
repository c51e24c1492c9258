// Who is signed in. Every page stands behind this.
import { api, ApiError, setSignedOutHandler } from './api';
import { forgetAll } from './query';
import { createStore } from './store';
import type { SessionInfo } from './types';

export type Session =
  | { state: 'asking' }
  | { state: 'out'; expired: boolean }
  | { state: 'in'; info: SessionInfo }
  | { state: 'failed'; error: ApiError };

export const session = createStore<Session>({ state: 'asking' });

const RETRY_MS = 5000;

export async function startSession(): Promise<void> {
  setSignedOutHandler(() => {
    if (session.get().state === 'in') session.set({ state: 'out', expired: true });
  });
  try {
    session.set({ state: 'in', info: await api.session() });
  } catch (failure) {
    const error = failure instanceof ApiError ? failure : new ApiError('server', 0, 'unreadable', 'The server sent an answer that cannot be read.');
    session.set(error.kind === 'signed-out' ? { state: 'out', expired: false } : { state: 'failed', error });
    if (error.kind !== 'signed-out') window.setTimeout(() => session.get().state === 'failed' && void startSession(), RETRY_MS);
  }
}

export async function signIn(user: string, password: string): Promise<void> {
  const info = await api.signIn(user, password);
  forgetAll(); // it may be somebody else
  session.set({ state: 'in', info });
}

export async function signOut(): Promise<void> {
  try {
    await api.signOut();
  } finally {
    forgetAll();
    session.set({ state: 'out', expired: false });
  }
}

const LAST_PROJECT = 'salvor.project';

export function rememberProject(name: string): void {
  try {
    localStorage.setItem(LAST_PROJECT, name);
  } catch {
    // Storage may be off; the first project of the list serves then.
  }
}

/** The project to start with: the last one seen, if it is still there. */
export function startProject(info: SessionInfo): string | null {
  let last: string | null = null;
  try {
    last = localStorage.getItem(LAST_PROJECT);
  } catch {
    last = null;
  }
  return info.projects.find((project) => project.name === last)?.name ?? info.projects[0]?.name ?? null;
}
