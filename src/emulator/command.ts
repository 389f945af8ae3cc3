/**
 * The client behind each executable: `command.js SOCKET NAME ARGS…` asks the server that holds the router, copies what comes back and ends as
 * told. It imports next to nothing, for it is started hundreds of times. Frames in both directions are JSON, one a line.
 */
import { spawn } from 'node:child_process';
import { connect } from 'node:net';

const [, , socketPath = '', name = '', ...args] = process.argv;
const socket = connect(socketPath);
socket.setEncoding('utf8');
let rest = '';
let isOver = false;

const send = (frame: object): void => {
  socket.write(`${JSON.stringify(frame)}\n`);
};

// pipes are written without waiting, so the end must not overtake the text
const finish = (code: number, signal: string | null): void => {
  if (isOver) return;
  isOver = true;
  process.stdout.write('', () => {
    process.stderr.write('', () => {
      if (signal === null) process.exit(code);
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    });
  });
};

/** Another program in this one's place, as near as Node gets to execve(2). */
const become = (path: string, ...words: readonly string[]): void => {
  spawn(path, words, { stdio: 'inherit' })
    .on('error', (error) => {
      process.stderr.write(`${name}: ${path}: ${error.message}\n`);
      finish(126, null);
    })
    .on('exit', (code, signal) => finish(code ?? 0, signal));
};

const onFrame = (line: string): void => {
  const frame = JSON.parse(line) as {
    o?: string;
    e?: string;
    x?: number;
    k?: string;
    s?: number;
    b?: [string, ...string[]];
  };
  if (frame.o !== undefined && !process.stdout.write(frame.o)) {
    // a slow reader stops the emulator's printing as it would stop a real program's
    socket.pause();
    process.stdout.once('drain', () => socket.resume());
  }
  if (frame.e !== undefined) process.stderr.write(frame.e);
  if (frame.s !== undefined) {
    process.stdin.setEncoding('utf8');
    process.stdin.on('data', (text) => send({ i: text }));
    process.stdin.on('end', () => send({ z: 1 }));
    process.stdin.on('error', () => send({ z: 1 }));
  }
  if (frame.b !== undefined) become(...frame.b);
  if (frame.x !== undefined) finish(frame.x, null);
  if (frame.k !== undefined) finish(0, frame.k);
};

socket.on('data', (chunk: string) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) onFrame(line);
});
socket.on('error', (error) => {
  process.stderr.write(`${name}: emulator: ${error.message}\n`);
  finish(127, null);
});
socket.on('close', () => finish(127, null));
// a reader that is gone ends a real program by SIGPIPE
process.stdout.on('error', () => process.exit(141));
process.stderr.on('error', () => process.exit(141));
if (name.startsWith('ping')) process.on('SIGINT', () => send({ k: 'SIGINT' }));
send({ n: name, a: args, p: process.pid, d: process.cwd() });
