import { describe, expect, test } from 'vitest';
import { doctor } from '../../src/cli/doctor.js';
import { parseDoctorArguments } from '../../src/cli/doctor-arguments.js';
import { EXIT, UsageError } from '../../src/cli/exit-code.js';
import { widthOf } from '../../src/wire/width.js';
import { closedPort } from '../helpers/raw-peer.js';
import { answering, page } from '../tools/doctor/servers.js';
import { echo, server } from './servers.js';
import { pipes, terminal } from './streams.js';

describe('ws101 doctor', () => {
  test('shows each stage, and exits 0 if all is well', async () => {
    const streams = pipes();
    expect(await doctor([await echo()], streams)).toBe(EXIT.OK);
    expect(streams.stderr.text).toBe('');
    const marks = streams.stdout.text.split('\n').map(line => /^ {2}[✓·✗!] \w+/.exec(line)?.[0].trim());
    expect(marks.filter(mark => mark !== undefined)).toEqual([
      '✓ url',
      '✓ tcp',
      '· request',
      '✓ response',
      '✓ frames',
      '✓ ping',
      '✓ message',
      '✓ close',
    ]);
    expect(streams.stdout.text).toContain('Healthy  the WebSocket works\n         Not checked:');
  });

  test('ends with the cause and what to do, and exits 1', async () => {
    const streams = pipes();
    expect(await doctor([`ws://127.0.0.1:${await closedPort()}/`], streams)).toBe(EXIT.FAILURE);
    expect(streams.stdout.text).toMatch(/\n\nProblem {2}nothing listens at .*\n {9}Check that the server runs/);
  });

  test('exits 3 if the WebSocket works, with warnings', async () => {
    const url = await server(connection => connection.on('message', () => void connection.close(1003)));
    const streams = pipes();
    expect(await doctor([url], streams)).toBe(EXIT.WARNINGS);
    expect(streams.stdout.text).toContain('Warning  the server closes with 1003 after the test message');
  });

  test('prints one JSON object with --json, and nothing else', async () => {
    const url = await answering(page('403 Forbidden', 'Origin not allowed'));
    const streams = pipes();
    expect(await doctor([`${url}?token=secret1`, '--json', '-H', 'Authorization: secret2'], streams)).toBe(
      EXIT.FAILURE,
    );
    const report = JSON.parse(streams.stdout.text);
    expect(report).toMatchObject({
      url: `${url}?token=…`,
      verdict: 'problem',
      diagnoses: [{ id: 'origin-refused', severity: 'problem' }],
      facts: { response: { status: 403, body: 'Origin not allowed' } },
    });
    expect(streams.stdout.text).not.toMatch(/secret\d/);
  });

  test('shows no credentials, even with --verbose', async () => {
    const url = await echo();
    const streams = pipes();
    await doctor([`${url}?access_token=secret1`, '-v', '--auth', 'me:secret2', '-H', 'Cookie: secret3'], streams);
    expect(streams.stdout.text).toContain('Authorization: …');
    expect(streams.stdout.text).not.toMatch(/secret\d|c2VjcmV0/);
  });

  test('marks the lines of a 101 that break a rule', async () => {
    const url = await answering(
      () => 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: close\r\n\r\n',
    );
    const streams = pipes();
    await doctor([url], streams);
    expect(streams.stdout.text).toMatch(/Connection: close\s+must contain Upgrade \(§4\.1\)/);
    expect(streams.stdout.text).toContain('Sec-WebSocket-Accept is missing');
  });

  test('escapes what the server says', async () => {
    const streams = pipes();
    await doctor([await answering(page('404 Not\x1b[31mFound', '\x1b]0;title\x07'))], streams);
    expect(streams.stdout.text).not.toContain('\x1b');
  });

  test.each([60, 80, 140])('fits into %d columns', async columns => {
    const streams = terminal();
    streams.stdout.columns = columns;
    await doctor([await answering(page('404 Not Found', 'x '.repeat(200), `X-Long: ${'y'.repeat(200)}`))], streams);
    for (const line of streams.stdout.text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(columns);
  });
});

describe('the arguments', () => {
  test('are a url and options', () => {
    expect(
      parseDoctorArguments(['example.com:8080/chat', '--idle', '65', '--no-send', '-s', 'a', '-s', 'b']),
    ).toMatchObject({
      url: 'ws://example.com:8080/chat',
      idle: 65_000,
      send: '',
      subprotocols: ['a', 'b'],
      timeout: 30_000,
      retry: true,
    });
    expect(parseDoctorArguments(['wss://a', '--size', '100', '--no-retry'])).toMatchObject({
      url: 'wss://a',
      size: 100,
      send: undefined,
      retry: false,
    });
    expect(parseDoctorArguments(['--help'])).toBe('help');
  });

  test.each([
    [[], 'doctor takes a url'],
    [['ws://a', 'ws://b'], 'one url'],
    [['ws://a', '--send', 'x', '--size', '1'], 'cannot be combined'],
    [['ws://a', '--ca', 'x', '-k'], '--ca and --insecure'],
    [['ws://a', '--cert', 'x'], '--cert requires --key'],
    [['ws://a', '--idle', 'long'], '--idle must be'],
  ])('%j: %s', (args, message) => {
    expect(() => parseDoctorArguments(args)).toThrow(message);
  });

  test('a wrong url is a usage error', async () => {
    await expect(doctor(['ftp://example.com'], pipes())).rejects.toThrow(UsageError);
    await expect(doctor(['ws://a/#b'], pipes())).rejects.toThrow('no fragment');
  });

  test('--help prints the help', async () => {
    const streams = pipes();
    expect(await doctor(['--help'], streams)).toBe(EXIT.OK);
    for (const line of streams.stdout.text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});
