// A program that runs beside the test: its lines can be waited for, its output is kept, and it can be ended.
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

export class Child {
  #process;
  #lines = [];
  #waiting = new Set();
  #ended;

  /** Starts a program; everything it prints also goes to the file log. */
  constructor(name, command, args, { log, env = {} } = {}) {
    this.name = name;
    this.log = log;
    this.#process = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const file = log ? createWriteStream(log) : null;
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        file?.write(`${line}\n`);
        this.#take(line.replace(/\r$/, ''));
      });
    }
    this.#ended = new Promise((resolve) => {
      this.#process.on('error', (error) => resolve({ error }));
      this.#process.on('close', (code, signal) => resolve({ code, signal }));
    });
    this.#ended.then(() => this.#wake());
  }

  #take(line) {
    this.#lines.push(line);
    this.#wake();
  }

  #wake() {
    for (const wake of this.#waiting) wake();
  }

  get lines() {
    return [...this.#lines];
  }

  /** The match of the first line that fits, also of one printed before; fails when the program ends or time runs out first. */
  line(pattern, timeoutMs) {
    return new Promise((resolve, reject) => {
      let ended = null;
      const finish = (settle, value) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        settle(value);
      };
      const look = () => {
        const match = this.#lines.map((line) => pattern.exec(line)).find(Boolean);
        if (match) finish(resolve, match);
        else if (ended) finish(reject, new Error(this.#complaint(`ended (${describe(ended)}) before it printed ${pattern}`)));
      };
      const timer = setTimeout(() => finish(reject, new Error(this.#complaint(`did not print ${pattern} in ${timeoutMs} ms`))), timeoutMs);
      this.#waiting.add(look);
      this.#ended.then((how) => {
        ended = how;
        look();
      });
      look();
    });
  }

  #complaint(what) {
    const last = this.#lines.slice(-15).map((line) => `  | ${line}`);
    return [`${this.name} ${what}.${this.log ? ` Its output is in ${this.log}.` : ''}`, ...last].join('\n');
  }

  /** Waits for the end; fails when it does not come in time. */
  async end(timeoutMs) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(this.#complaint(`did not end in ${timeoutMs} ms`))), timeoutMs);
    });
    try {
      return await Promise.race([this.#ended, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Asks it to end, then insists. */
  async stop(patienceMs = 5000) {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGTERM');
    try {
      await this.end(patienceMs);
    } catch {
      this.#process.kill('SIGKILL');
      await this.#ended;
    }
  }
}

function describe({ error, code, signal }) {
  if (error) return error.message;
  return signal ? `signal ${signal}` : `exit code ${code}`;
}
