// A stand-in for salvor-server with ugly data, to work on the pages without a server: `npm run mock [PORT]`.
// The project chosen decides the scenario; the pages come from server/web/dist.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DAY, LAYERS, SYSTEMS, VERSIONS, makeDays, makeGroups, makeReports, spread } from './data.mjs';
import { makeProcessed } from './dump.mjs';

const DIST = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../../server/web/dist');
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const HEADERS = {
  'Content-Security-Policy': "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
};
const RANGE_DAYS = { '24h': 2, '7d': 7, '30d': 30, '90d': 90 };
const PROJECTS = ['ugly', 'first', 'quiet', 'million', 'forbidden', 'broken', 'slow', 'a project with a name as long as a product line of a large company'];

const state = { signedIn: false, firstAsked: 0 };
const now = Date.now();
const groups = makeGroups(now, 120, 400);
const many = makeGroups(now, 60, 1_400_000);
const reports = makeReports(now, 180);
const processed = makeProcessed();
const plainProcessed = makeProcessed({ threads: 5, symbols: false });
const fastFail = makeProcessed({ threads: 5, symbols: false, reason: 'EXCEPTION_STACK_BUFFER_OVERRUN / FAST_FAIL_FATAL_APP_EXIT', layer: 'localdumps' });

const failure = (status, code, message) => ({ status, body: { error: { code, message } } });
const sessionBody = () => ({ user: { name: 'admin', role: 'administrator' }, projects: PROJECTS.map((name) => ({ name })) });

function page(items, query) {
  const limit = Number(query.get('limit') ?? 50);
  const start = Number(query.get('cursor') ?? 0);
  const end = start + limit;
  return { items: items.slice(start, end), total: items.length, next_cursor: end < items.length ? String(end) : null };
}

function sorted(items, query, keys) {
  const key = keys[query.get('sort')] ?? query.get('sort');
  const sign = query.get('order') === 'asc' ? 1 : -1;
  return [...items].sort((a, b) => sign * (typeof a[key] === 'string' ? a[key].localeCompare(b[key]) : (a[key] ?? 0) - (b[key] ?? 0)));
}

function overview(project, range) {
  const days = RANGE_DAYS[range] ?? 7;
  const health = { queue: 3, dead: 1, ingest_last: now - 20_000 };
  if (project === 'first') {
    state.firstAsked += 1;
    if (state.firstAsked < Number(process.env.MOCK_FIRST ?? 1e9)) return { total: 0, groups: 0, days: [], newest: [], health: { queue: 0, dead: 0, ingest_last: null } };
  }
  if (project === 'quiet') return { total: 0, groups: 0, days: [], newest: [], health: { queue: 0, dead: 0, ingest_last: now - 40 * DAY } };
  const scale = project === 'million' ? 400_000 : project === 'first' ? 1 : 60;
  const list = makeDays(now, days, scale);
  const total = list.reduce((sum, day) => sum + Object.values(day.versions).reduce((a, b) => a + b, 0), 0);
  const own = project === 'million' ? many : groups;
  return { total, groups: own.length, days: list, newest: own.slice(0, 8), health: project === 'million' ? { queue: 48_211, dead: 0, ingest_last: now } : health };
}

function projectRoute(project, rest, query) {
  if (!PROJECTS.includes(project)) return failure(404, 'not_found', 'There is no such project.');
  if (project === 'forbidden') return failure(403, 'forbidden', 'You are no member of this project.');
  if (project === 'broken') return failure(503, 'busy', 'The database is locked by a migration.');
  const q = (query.get('q') ?? '').toLowerCase();
  const own = project === 'million' ? many : project === 'quiet' || project === 'first' ? [] : groups;
  if (rest[0] === 'overview') return { body: overview(project, query.get('range')) };
  if (rest[0] === 'groups' && rest[1]) {
    const group = own.find((item) => item.id === rest[1]) ?? groups.find((item) => item.id === rest[1]);
    if (!group) return failure(404, 'not_found', 'There is no such group.');
    return { body: { ...group, versions: spread(VERSIONS, group.count), os: spread(SYSTEMS, group.count), layers: spread(LAYERS, group.count), best_report: reports[0].id } };
  }
  if (rest[0] === 'groups') {
    const answer = page(sorted(own.filter((item) => item.title.toLowerCase().includes(q)), query, { signature: 'title' }), query);
    return { body: project === 'million' ? { ...answer, total: 1_234_567, next_cursor: '50' } : answer };
  }
  const hits = (own.length ? reports : []).filter((item) => (!query.get('group') || item.group_id === query.get('group')) && item.title.toLowerCase().includes(q));
  const answer = page(sorted(hits, query, {}), query);
  return { body: project === 'million' ? { ...answer, total: 18_234_567 } : answer };
}

function reportRoute(id, rest) {
  const index = reports.findIndex((item) => item.id === id);
  if (index < 0) return failure(404, 'not_found', 'There is no such report.');
  const report = reports[index];
  if (rest[0] === 'dump') return { file: Buffer.from('MDMP mock'), name: 'report.dmp' };
  if (rest[0] === 'attachments') return { file: Buffer.from('attached'), name: 'settings.ini' };
  const dump = index % 4 === 2 ? fastFail : index % 2 === 0 ? (index === 0 ? processed : plainProcessed) : plainProcessed;
  if (rest[0] === 'raw') return { body: dump };
  const rich = index % 3 === 0;
  return {
    body: {
      ...report,
      project: 'ugly',
      attachments: rich ? [{ name: 'settings.ini', bytes: 812, index: 0 }, { name: `لقطة الشاشة ${'very long '.repeat(12)}.png`, bytes: 18_234_567, index: 1 }] : [],
      annotations: rich
        ? { channel: 'beta', 'gpu.driver': '31.0.15.5222', 'user.text': 'نص عربي <script>alert(1)</script>', path: `C:\\Users\\${'deep\\'.repeat(40)}file.txt`, empty: '', [`key_${'k'.repeat(58)}`]: 'v'.repeat(900) }
        : {},
      fields: rich ? { prod: 'sample', ver: '2.4.1', guid: '5f1c2f8e-91aa-4d27-b9a7-3e4f3f7b1c10', ptype: 'browser' } : {},
      record: rich ? { format: '1', layer: report.layer, source: 'veh', pid: '4711' } : {},
      processed: report.state === 'processed' ? dump : null,
      error: report.state === 'failed' ? 'The file ends inside its module list: 1,024 of 4,096 bytes are there.' : null,
    },
  };
}

function route(method, parts, query, body) {
  if (parts[0] === 'session') {
    if (method === 'POST') {
      const { user, password } = JSON.parse(body || '{}');
      if (password !== 'secret') return failure(401, 'wrong_credentials', 'Wrong name or password.');
      state.signedIn = Boolean(user);
      return { body: sessionBody() };
    }
    if (method === 'DELETE') {
      state.signedIn = false;
      return { status: 204 };
    }
    return state.signedIn ? { body: sessionBody() } : failure(401, 'signed_out', 'Sign in first.');
  }
  if (!state.signedIn) return failure(401, 'signed_out', 'Sign in first.');
  if (parts[0] === 'projects') return projectRoute(parts[1], parts.slice(2), query);
  if (parts[0] === 'reports') return reportRoute(parts[1], parts.slice(2));
  return failure(404, 'not_found', 'No such address.');
}

async function assets(pathname, response) {
  const file = /^\/assets\/[\w.-]+$/.test(pathname) ? pathname : '/index.html';
  try {
    const bytes = await readFile(path.join(DIST, file));
    response.writeHead(200, { ...HEADERS, 'Content-Type': TYPES[path.extname(file)] ?? 'application/octet-stream' });
    response.end(bytes);
  } catch {
    response.writeHead(404, HEADERS);
    response.end('not found');
  }
}

function answer(response, { status = 200, body, file, name }) {
  if (file) {
    response.writeHead(status, { ...HEADERS, 'Content-Type': 'application/octet-stream', 'Content-Disposition': `attachment; filename="${name}"` });
    return response.end(file);
  }
  response.writeHead(status, { ...HEADERS, 'Content-Type': 'application/json' });
  response.end(body === undefined ? '' : JSON.stringify(body));
}

export function startMock(port = 0) {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://mock');
    if (!url.pathname.startsWith('/api/v1/')) return assets(url.pathname, response);
    const parts = url.pathname.slice('/api/v1/'.length).split('/').map(decodeURIComponent);
    let body = '';
    for await (const chunk of request) body += chunk;
    if (parts[1] === 'slow') return; // never answers: the skeletons stay
    answer(response, route(request.method, parts, url.searchParams, body));
  });
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => {
      resolve({
        origin: `http://127.0.0.1:${server.address().port}`,
        reports,
        groups,
        signIn: () => { state.signedIn = true; },
        signOut: () => { state.signedIn = false; },
        stop: () => {
          server.closeAllConnections();
          server.close();
        },
      });
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { origin } = await startMock(Number(process.argv[2] ?? 8099));
  console.log(`mock server at ${origin}, any name, password "secret"`);
}
