import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { request, switchingProtocols } from '../helpers/http-heads.js';
import { rawConnect, rawServer } from '../helpers/raw-peer.js';

const PROGRAM = fileURLToPath(new URL('../helpers/quiet-server.ts', import.meta.url));

// @fastify/websocket CVE-2022-39386, mercurius CVE-2023-22477, engine.io CVE-2022-21676 and CVE-2022-41940,
// socket.io CVE-2024-38355: a bad frame, or a reset, was an error that nobody listened to, and ended the process.
test('a process without event listeners survives bad frames, bad requests and resets', {
  timeout: 60_000,
}, async () => {
  const child = spawn(process.execPath, ['--conditions=ws101-source', '--import', 'tsx', PROGRAM], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill());
  let complaints = '';
  child.stderr.on('data', text => {
    complaints += text;
  });
  const exited = once(child, 'exit');
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    exited.then(() => Promise.reject(new Error(complaints))),
  ])) as [string];
  const [own, secure, attached] = line.split(' ').map(Number) as [number, number, number];

  const head = request();
  const badFrames = [
    'a200', // mercurius: RSV2
    '8100', // not masked
    'ff8000000000',
    '8800', // Close, not masked
    '888101020304', // a Close payload of one byte
    '827f0080000000000001', // gorilla CVE-2020-27813
    '81fe0001000000000041', // not minimal
    '818100000000ff', // no UTF-8
  ].map(hex => Buffer.from(hex, 'hex'));
  for (const port of [own, attached]) {
    for (const frame of badFrames) {
      const peer = await rawConnect(port);
      peer.write(Buffer.concat([Buffer.from(head), frame]));
      await peer.head();
      peer.reset();
    }
    for (let i = 0; i <= head.length; i += 11) {
      const peer = await rawConnect(port);
      peer.socket.write(head.slice(0, i), () => peer.reset());
      await peer.closed;
    }
  }
  for (const port of [own, secure, attached]) {
    for (const nonsense of ['', '\0', 'GET / HTTP/1.1\r\n\r\n', request({ line: 'GET /x HTTP/1.1' })]) {
      const peer = await rawConnect(port);
      peer.socket.write(nonsense, () => peer.reset());
      await peer.closed;
    }
  }

  // Clients of that process, whose server resets them at every stage.
  const server = await rawServer(async (peer, index) => {
    const asked = index === 0 ? '' : await peer.head();
    if (index === 2) peer.write('HTTP/1.1 101');
    if (index > 2) peer.write(Buffer.concat([Buffer.from(switchingProtocols(asked)), badFrames[index]!]));
    setTimeout(() => peer.reset(), 20);
  });
  for (let i = 0; i < 5; i++) {
    const next = server.next();
    child.stdin.write(`ws://127.0.0.1:${server.port}/\n`);
    await (await next).closed;
  }

  const peer = await rawConnect(own);
  peer.write(head);
  expect(await peer.head()).toContain(' 101 ');
  child.stdin.write('exit\n');
  const [code] = await exited;
  expect([code, complaints]).toEqual([0, '']);
});
