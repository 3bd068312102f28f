import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket as Peer } from 'ws';
import { npmStart, startCommand } from './helpers/command.js';
import { askPython, startPython } from './helpers/python.js';
import { CERTIFICATE_FILE, KEY_FILE } from './helpers/tls-files.js';
import { startPeerServer } from './helpers/ws-server.js';

describe('ws101 connect with piped input', () => {
  test('talks to a server of `ws`', async () => {
    const { url } = await startPeerServer();
    const { code, stdout, stderr } = await startCommand(['connect', url], 'hello\n\nκόσμε\n/home\n').ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'hello\n\nκόσμε\n/home\n' });
    expect(stderr).toMatch(/init[\s\S]*opened[\s\S]*closed: 1000/);
  });

  test('talks to a python3-websockets server', async () => {
    const server = startPython('websockets_server.py');
    const [, port] = await server.line(/^port (\d+)$/);
    const command = startCommand(['connect', `ws://127.0.0.1:${port}/`, '--commands', '--subprotocol', 'chat.v2']);
    command.write('hello\nfragments\n');
    await command.line(/^one two three$/);
    command.end('/close 4001 goodbye\n');
    expect(await command.ended).toMatchObject({ code: 0, stdout: 'hello\none two three\n' });
    await server.line(/^subprotocol chat\.v2$/);
    await server.line(/^closed 4001 goodbye$/);
  });

  test('talks to a python3-websockets server over TLS', async () => {
    const server = startPython('websockets_server.py', CERTIFICATE_FILE, KEY_FILE);
    const [, port] = await server.line(/^port (\d+)$/);
    const command = startCommand(['connect', `wss://localhost:${port}/`, '--ca', CERTIFICATE_FILE]);
    command.write('hello\n');
    await command.line(/^hello$/);
    command.end();
    expect(await command.ended).toMatchObject({ code: 0, stdout: 'hello\n' });
  });

  test('prints the echo of a python3-websockets server, which drops unsent messages when a Close frame arrives', async () => {
    const server = startPython('websockets_server.py');
    const [, port] = await server.line(/^port (\d+)$/);
    // The server answers a Close frame before its handler sees the message before it, so the command must wait before
    // it closes.
    const { code, stdout } = await startCommand(['connect', `ws://127.0.0.1:${port}/`], 'hello\n').ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'hello\n' });
    await server.line(/^closed 1000 $/);
  });

  test('exits with 3 if the server closes with an error code', async () => {
    const { url } = await startPeerServer({}, peer => peer.close(4002, 'the server says goodbye'));
    const { code, stderr } = await startCommand(['connect', url], '').ended;
    expect(code).toBe(3);
    expect(stderr).toContain('4002');
  });

  test('exits with 1 if the server vanishes', async () => {
    const { url } = await startPeerServer({}, peer => peer.terminate());
    expect((await startCommand(['connect', url], 'hello\n').ended).code).toBe(1);
  });

  test('shows the four sections with `npm start`', async () => {
    const { code, stdout, stderr } = await npmStart('hello\n').ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'hello\n' });
    expect(stderr).toMatch(/1 +TCP[\s\S]*2 +Opening handshake[\s\S]*3 +Frames[\s\S]*4 +Closing handshake/);
  });
});

describe('ws101 serve', () => {
  const start = async (...options: string[]) => {
    const server = startCommand(['serve', '--port', '0', ...options]);
    const [, url = ''] = await server.line(/^listening on (wss?:\/\/\S+)$/);
    return { server, url };
  };

  test('echoes to the reference client (python3-websocket)', async () => {
    const { url } = await start();
    const client = startPython('reference_client.py', url);
    client.write('hello\n');
    await client.line(/^hello$/);
    client.write('close\n');
    expect(await client.ended).toMatchObject({ code: 0, stdout: 'hello\n' });
  });

  test('echoes to python3-websockets', async () => {
    const { url } = await start();
    expect(await askPython('websockets_client.py', url, 'mebibyte')).toEqual([true, true]);
    expect(await askPython('websockets_client.py', url, 'many')).toBe(true);
  });

  test('echoes to python3-websockets over TLS', async () => {
    const { url } = await start('--tls-cert', CERTIFICATE_FILE, '--tls-key', KEY_FILE);
    expect(url).toMatch(/^wss:/);
    expect(await askPython('websockets_client.py', url, 'many', CERTIFICATE_FILE)).toBe(true);
  });

  test('closes its connections with 1001 when it is stopped, and exits with 0', async () => {
    const { server, url } = await start();
    const peer = new Peer(url);
    onTestFinished(() => peer.terminate());
    await once(peer, 'open');
    const closed = once(peer, 'close');
    const { code } = await server.stop('SIGINT');
    expect((await closed)[0]).toBe(1001);
    expect(code).toBe(0);
  });
});
