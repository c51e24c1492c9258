// A server on loopback that reads requests as a crash server does, from the raw bytes, and answers, or fails to, as each test says.
import net from 'node:net';
import tls from 'node:tls';
import zlib from 'node:zlib';

// Reads a request's head; null while it is not whole.
function headOf(bytes) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [line, ...fields] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const [method, path, version] = line.split(' ');
  const headers = {};
  for (const field of fields) {
    const colon = field.indexOf(':');
    const name = field.slice(0, colon).toLowerCase();
    if (name in headers) throw new Error(`header ${name} twice`);
    headers[name] = field.slice(colon + 1).trim();
  }
  return { method, path, version, headers, bytes: end + 4 };
}

// Takes a multipart body apart as strictly as the strictest server: CRLF everywhere, nothing before, between or after the parts.
export function partsOf(contentType, body) {
  const match = /^multipart\/form-data; boundary=([A-Za-z0-9-]{1,70})$/.exec(contentType);
  if (!match) throw new Error(`unusable Content-Type: ${contentType}`);
  const delimiter = Buffer.from(`\r\n--${match[1]}`);
  const whole = Buffer.concat([Buffer.from('\r\n'), body]);
  const parts = [];
  let at = 0;
  if (whole.indexOf(delimiter) !== 0) throw new Error('the body does not begin with its boundary');
  for (;;) {
    at += delimiter.length;
    if (whole.subarray(at).equals(Buffer.from('--\r\n'))) return parts;
    if (whole.subarray(at, at + 2).toString() !== '\r\n') throw new Error(`no line end behind a boundary at ${at}`);
    const head = whole.indexOf('\r\n\r\n', at);
    const end = whole.indexOf(delimiter, head + 2);
    if (head < 0 || end < 0) throw new Error('a part does not end');
    parts.push(partOf(whole.subarray(at + 2, head).toString('latin1'), whole.subarray(head + 4, end)));
    at = end;
  }
}

function partOf(head, content) {
  const [disposition, ...others] = head.split('\r\n');
  const match = /^Content-Disposition: form-data; name="([^"\r\n]+)"(?:; filename="([^"\r\n]+)")?$/.exec(disposition);
  if (!match) throw new Error(`unusable part: ${head}`);
  return { name: match[1], filename: match[2], headers: others, content: Buffer.from(content) };
}

// A whole request with its body inflated and taken apart.
function requestOf(head, body) {
  const plain = head.headers['content-encoding'] === 'gzip' ? zlib.gunzipSync(body) : body;
  if (head.headers['content-type'] === 'application/x-salvor-check') return { ...head, body, plain, parts: [] }; // a question, no report
  const parts = partsOf(head.headers['content-type'], plain);
  const field = name => parts.find(part => part.name === name)?.content.toString();
  return { ...head, body, plain, parts, field };
}

export function answer(status, body = '', headers = {}) {
  const lines = Object.entries({ 'Content-Length': Buffer.byteLength(body), ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} X\r\n${lines.join('')}\r\n${body}`;
}

// Starts a server. handlers: for the n-th request (the last one for all later ones) either a text to answer with, or a function of
// (request, socket) that gives such a text or answers by itself. options.onHead, when given, is called as soon as the head is in, with
// (head, socket), and the body is then left alone when it returns true.
export async function serve(handlers, options = {}) {
  const list = Array.isArray(handlers) ? handlers : [handlers];
  const state = { requests: [], connections: 0, errors: [], sockets: new Set() };
  const onSocket = socket => {
    let bytes = Buffer.alloc(0), chunks = [], length = 0, head = null, isLeftAlone = false;
    state.connections++;
    state.sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => state.sockets.delete(socket));
    options.onConnection?.(socket);
    const finish = async () => {
      const body = bytes.subarray(head.bytes, head.bytes + Number(head.headers['content-length']));
      const rest = bytes.subarray(head.bytes + body.length);
      let request;
      try {
        request = requestOf(head, body);
      } catch (error) {
        state.errors.push(error.message);
        socket.end(answer(400, error.message));
        return;
      }
      state.requests.push(request);
      bytes = rest;
      head = null;
      const handler = list[Math.min(state.requests.length, list.length) - 1];
      const reply = typeof handler === 'function' ? await handler(request, socket) : handler;
      if (reply !== undefined) socket.write(reply);
    };
    socket.on('data', data => {
      if (isLeftAlone) return;
      chunks.push(data);
      length += data.length;
      if (head && length < head.bytes + Number(head.headers['content-length'])) return;
      bytes = Buffer.concat([bytes, ...chunks]);
      chunks = [];
      length = bytes.length;
      if (!head) {
        try {
          head = headOf(bytes);
        } catch (error) {
          state.errors.push(error.message);
          socket.destroy();
        }
        if (head && options.onHead?.(head, socket)) {
          isLeftAlone = true;
          return;
        }
      }
      if (head && !('content-length' in head.headers)) {
        state.errors.push('no Content-Length');
        socket.end(answer(411));
      } else if (head && bytes.length >= head.bytes + Number(head.headers['content-length'])) {
        finish().then(() => { length = bytes.length; });
      }
    });
  };
  const server = options.tls ? tls.createServer(options.tls, onSocket) : net.createServer(onSocket);
  server.on('tlsClientError', error => state.errors.push(error.code ?? error.message));
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  state.port = server.address().port;
  state.url = `${options.tls ? 'https' : 'http'}://127.0.0.1:${state.port}`;
  state.close = () => new Promise(resolve => {
    for (const socket of state.sockets) socket.destroy();
    server.close(resolve);
  });
  return state;
}
