// A signed-in client of the server's API, as a program would use it.
const POLL_MS = 20;

export class Client {
  #cookie = '';

  constructor(base) {
    this.base = base;
  }

  async #request(path, init = {}) {
    const response = await fetch(this.base + path, {
      ...init,
      headers: { Accept: 'application/json', 'X-Salvor-Request': '1', Cookie: this.#cookie, ...init.headers },
    });
    if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${path} answered ${response.status}: ${(await response.text()).slice(0, 300)}`);
    return response;
  }

  async signIn(user, password) {
    const response = await this.#request('/api/v1/session', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ user, password }),
    });
    this.#cookie = response.headers.getSetCookie
      ? response.headers.getSetCookie().map((cookie) => cookie.split(';')[0]).join('; ')
      : (response.headers.get('set-cookie') ?? '').split(';')[0];
    if (!this.#cookie) throw new Error('POST /api/v1/session answered without a cookie');
  }

  async reports(project) {
    return (await this.#request(`/api/v1/projects/${encodeURIComponent(project)}/reports`)).json();
  }

  async report(id) {
    return (await this.#request(`/api/v1/reports/${encodeURIComponent(id)}`)).json();
  }

  /** The first processed report that fits, with the time at which it could be seen; fails when time runs out. */
  async reportWhen(project, fits, timeoutMs) {
    const deadline = Date.now() + timeoutMs;
    let items = [];
    while (Date.now() < deadline) {
      ({ items } = await this.reports(project));
      for (const item of items.filter(({ state }) => state !== 'waiting')) {
        const report = await this.report(item.id);
        if (fits(report)) return { report, seen: Date.now() };
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    const there = items.map(({ id, state, app, reason }) => `  ${id} ${state} ${app} ${reason}`).join('\n') || '  none';
    throw new Error(`the report was not visible within ${timeoutMs} ms; visible are:\n${there}`);
  }
}
