import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connect } from '../../src/cli/connect.js';
import { startEcho, urlOf } from '../../src/cli/echo.js';
import { EXIT, UsageError } from '../../src/cli/exit-code.js';
import { encodeFrame, OPCODE } from '../../src/framing/index.js';
import { type WebSocketConnection, WebSocketServer } from '../../src/index.js';
import { widthOf } from '../../src/wire/width.js';
import { TLS_CERTIFICATE, TLS_KEY } from '../helpers/tls-fixture.js';
import { listen, rawServer } from './raw-server.js';
import { echo, server } from './servers.js';
import { deferred, pipes, terminal } from './streams.js';

/** Returns the messages that a server receives when `input` is piped to the command. */
async function received(input: string, ...args: string[]): Promise<Array<string | Buffer>> {
  const messages: Array<string | Buffer> = [];
  const url = await server(connection => connection.on('message', data => messages.push(data)));
  expect(await connect([url, '--wait', '0', ...args], pipes(input))).toBe(EXIT.OK);
  return messages;
}

describe('ws101 connect in a pipe', () => {
  test('sends each line, prints each message, and exits 0 after a clean close', async () => {
    const streams = pipes('hello\n\n  two words\n');
    expect(await connect([await echo()], streams)).toBe(EXIT.OK);
    expect(streams.stdout.text).toBe('hello\n\n  two words\n');
  });

  test('prints its status on stderr: init, opened, closed', async () => {
    const streams = pipes('');
    const url = await echo();
    await connect([url, '--wait', '0'], streams);
    expect(streams.stdout.text).toBe('');
    expect(streams.stderr.text).toBe(
      `* init: connecting to ${url}/\n* opened\n* closed: 1000 (normal closure), cleanly, by us\n`,
    );
  });

  test('starts an echo server if there is no url', async () => {
    const streams = pipes('hello\n');
    expect(await connect([], streams)).toBe(EXIT.OK);
    expect(streams.stdout.text).toBe('hello\n');
    expect(streams.stderr.text).toMatch(/^\* init: connecting to ws:\/\/127\.0\.0\.1:\d+\/ \(built-in echo server\)\n/);
  });

  test('prints a trace of four sections on stderr with --trace', async () => {
    const streams = pipes('hello\n');
    expect(await connect(['--trace'], streams)).toBe(EXIT.OK);
    expect(streams.stdout.text).toBe('hello\n');
    const lines = streams.stderr.text.split('\n');
    expect(lines.filter(line => /^\d {2}/.test(line)).map(line => line.replace(/ ─.*/, ''))).toEqual([
      '1  TCP connection',
      '2  Opening handshake',
      '3  Frames',
      '4  Closing handshake',
    ]);
    expect(streams.stderr.text).toMatch(/ → {2}1 {2}000 text +1 +5 [0-9a-f]{8} "hello"\n/);
    expect(streams.stderr.text).toMatch(/ ← {2}1 {2}000 text +0 +5 +"hello"\n/);
    expect(streams.stderr.text).toMatch(/= [A-Za-z0-9+/]{27}=: correct\n/);
    expect(streams.stderr.text).toContain('clean: both sides sent a Close frame, the client first\n');
    expect(lines.at(-2)).toBe('* closed: 1000 (normal closure), cleanly, by us');
  });

  test('sends every line unchanged, even if it looks like a command', async () => {
    const lines = ['/home/user', 'close', '/close 4000', '//', '/help', '/binary 00ff'];
    expect(await received(`${lines.join('\n')}\n`)).toEqual(lines);
  });

  test('runs commands with --commands', async () => {
    expect(await received('/binary 00 ff\n//close\n///\nclose\n/close\n', '--commands')).toEqual([
      Buffer.of(0, 255),
      '/close',
      '//',
      'close',
    ]);
  });

  test('prints binary as hex, and text unchanged', async () => {
    const url = await server(connection => {
      connection.send(Buffer.of(0, 255, 16));
      connection.send('two\nlines \x1b[31m\u202e');
      void connection.close(1000);
    });
    const streams = pipes();
    expect(await connect([url], streams)).toBe(EXIT.OK);
    expect(streams.stdout.raw).toBe('<binary 3 bytes> 00ff10\ntwo\nlines \x1b[31m\u202e\n');
  });

  test('prints messages that arrive before the Close frame, and exits 3 if its code is an error', async () => {
    const url = await server(connection => {
      for (let i = 0; i < 3; i++) connection.send(`last words ${i}`);
      void connection.close(4000, 'enough');
    });
    const streams = pipes();
    expect(await connect([url], streams)).toBe(EXIT.CLOSED_WITH_ERROR);
    expect(streams.stdout.text).toBe('last words 0\nlast words 1\nlast words 2\n');
    expect(streams.stderr.text).toContain('* closed: 4000 (private use), "enough", cleanly, by the server\n');
  });

  test('/close sends a code and a reason', async () => {
    const closed = deferred<unknown>();
    const url = await server(connection => connection.on('close', closed.resolve));
    expect(await connect([url, '--commands'], pipes('/close 4000 some reason\n'))).toBe(EXIT.OK);
    expect(await closed.promise).toMatchObject({ code: 4000, reason: 'some reason', wasClean: true });
  });

  test('/ping prints the round-trip time, even as the last command', async () => {
    const streams = pipes('/ping with a text\n');
    expect(await connect([await echo(), '--commands'], streams)).toBe(EXIT.OK);
    expect(streams.stderr.text).toMatch(/\* pong after \d+\.\d ms\n/);
  });

  test('says that no pong was received', async () => {
    const url = await rawServer(socket =>
      socket.once('data', () => socket.end(encodeFrame('server', OPCODE.CLOSE, ''))),
    );
    const streams = pipes('/ping\n');
    await connect([url, '--commands'], streams);
    expect(streams.stderr.text).toContain('* no pong received\n');
  });

  test('/help and invalid commands send nothing', async () => {
    const streams = pipes('/help\n/foo\u202e\n/close 1\n');
    expect(await connect([await echo(), '--commands'], streams)).toBe(EXIT.OK);
    expect(streams.stdout.text).toBe('');
    expect(streams.stderr.text).toContain('/binary 00ff10');
    expect(streams.stderr.text).toContain('* unknown command /foo\\u{202e}: ');
    expect(streams.stderr.text).toContain('* /close: code must be');
    expect(streams.stderr.text).toContain('* closed: 1000 (normal closure), cleanly, by us');
  });

  test('says how many lines it did not send', async () => {
    const streams = pipes('one\n/close\ntwo\nthree\n');
    expect(await connect([await echo(), '--commands'], streams)).toBe(EXIT.OK);
    expect(streams.stdout.text).toBe('one\n');
    expect(streams.stderr.text).toContain(
      '* not sent, because the connection was closing: 2 lines of input, and everything after\n',
    );
  });

  test('reads no input before the connection is open', async () => {
    const asked = deferred<void>();
    const allowed = deferred<boolean>();
    const standing = new WebSocketServer({
      host: '127.0.0.1',
      port: 0,
      authorize: () => {
        asked.resolve();
        return allowed.promise;
      },
    });
    onTestFinished(() => standing.close({ timeout: 0 }));
    await once(standing, 'listening');
    const message = deferred<string | Buffer>();
    standing.on('connection', connection => connection.on('message', message.resolve));
    const streams = pipes('early\n');
    const exit = connect([urlOf(standing, false)], streams);
    await asked.promise;
    expect(streams.stdin.readableLength).toBe('early\n'.length);
    allowed.resolve(true);
    expect(await message.promise).toBe('early');
    expect(await exit).toBe(EXIT.OK);
  });

  test('reads its input no faster than the server reads', async () => {
    const total = 64;
    const size = 1024 * 1024;
    let produced = 0;
    const input = Readable.from(
      (function* () {
        for (; produced < total; produced++) yield `${'x'.repeat(size - 1)}\n`;
      })(),
    );
    const slow = deferred<WebSocketConnection>();
    let arrived = 0;
    const url = await server(connection => {
      connection.pause();
      connection.on('message', data => {
        arrived += data.length;
      });
      slow.resolve(connection);
    });
    const streams = { ...pipes(), stdin: input };
    const exit = connect([url], streams);
    const connection = await slow.promise;
    for (let before = -1; before !== produced || produced === 0; ) {
      before = produced;
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    expect(produced).toBeLessThan(total / 2);
    connection.resume();
    expect(await exit).toBe(EXIT.OK);
    expect(arrived).toBe(total * (size - 1));
  });

  test('receives no faster than its output is read, and loses nothing', async () => {
    const total = 500;
    const blocked = deferred<void>();
    const url = await server(async connection => {
      for (let i = 0; i < total; i++) {
        if (connection.send(`${i} ${'x'.repeat(65_536)}`)) continue;
        const timer = setTimeout(blocked.resolve, 200);
        await connection.drained();
        clearTimeout(timer);
      }
      await connection.close(1000);
    });
    const streams = pipes();
    streams.stdout.isStalled = true;
    const exit = connect([url], streams);
    await blocked.promise;
    expect(streams.stdout.writableLength).toBeLessThan(1024 * 1024);
    streams.stdout.release();
    expect(await exit).toBe(EXIT.OK);
    expect(streams.stdout.text.match(/^\d+ /gm)).toEqual(Array.from({ length: total }, (_, i) => `${i} `));
  });

  test('closes the connection when the reader of its output has exited', async () => {
    const closed = deferred<unknown>();
    const url = await server(connection => {
      connection.on('close', closed.resolve);
      connection.send('hello');
    });
    const streams = pipes();
    const exit = connect([url], streams);
    await streams.stdout.until('hello');
    streams.stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    expect(await exit).toBe(EXIT.OK);
    expect(await closed.promise).toMatchObject({ code: 1001, wasClean: true });
  });

  test('reports other errors of its output or its input, and exits 1', async () => {
    const out = pipes();
    const exit = connect([await echo()], out);
    await out.stderr.until('opened');
    out.stdout.emit('error', Object.assign(new Error('write ENOSPC'), { code: 'ENOSPC' }));
    expect(await exit).toBe(EXIT.FAILURE);
    expect(out.stderr.text).toContain('* stdout: write ENOSPC\n');

    const broken = pipes();
    const other = connect([await echo()], broken);
    await broken.stderr.until('opened');
    broken.stdin.destroy(new Error('read EISDIR'));
    expect(await other).toBe(EXIT.FAILURE);
    expect(broken.stderr.text).toContain('* stdin: read EISDIR\n');
  });
});

describe('ws101 connect at the end of piped input', () => {
  test('prints an answer that arrives within --wait seconds', async () => {
    const url = await server(connection =>
      connection.on('message', data => setTimeout(() => connection.send(`late ${data}`), 300)),
    );
    const streams = pipes('hello\n');
    expect(await connect([url], streams)).toBe(EXIT.OK);
    expect(streams.stdout.text).toBe('late hello\n');
  });

  test('waits again after each message', async () => {
    const url = await server(connection => {
      let count = 0;
      const timer = setInterval(() => {
        connection.send(`${++count}`);
        if (count === 4) clearInterval(timer);
      }, 400);
    });
    const streams = pipes('');
    expect(await connect([url, '--wait', '1'], streams)).toBe(EXIT.OK);
    expect(streams.stdout.text).toBe('1\n2\n3\n4\n');
  });

  test('closes after ten times --wait, even if messages keep coming', async () => {
    const url = await server(connection => {
      const timer = setInterval(() => connection.send('tick'), 5);
      connection.on('close', () => clearInterval(timer));
    });
    const streams = pipes('');
    const start = performance.now();
    // Long enough for a message to arrive in time on a busy machine.
    expect(await connect([url, '--wait', '0.2'], streams)).toBe(EXIT.OK);
    expect(performance.now() - start).toBeGreaterThan(1_900);
    expect(performance.now() - start).toBeLessThan(6_000);
    expect(streams.stderr.text).toContain('* closed: 1000 (normal closure), cleanly, by us\n');
  });

  test('waits for the rest of an incomplete message', async () => {
    const url = await rawServer(async socket => {
      const frame = encodeFrame('server', OPCODE.TEXT, 'x'.repeat(1_000));
      for (let at = 0; at < frame.length; at += 200) {
        socket.write(frame.subarray(at, at + 200));
        await new Promise(resolve => setTimeout(resolve, 300));
      }
      socket.on('data', () => socket.end(encodeFrame('server', OPCODE.CLOSE, Buffer.of(3, 232))));
    });
    const streams = pipes('');
    expect(await connect([url], streams)).toBe(EXIT.OK);
    expect(streams.stdout.text).toBe(`${'x'.repeat(1_000)}\n`);
  });

  test('does not count the time in which its output is not read', async () => {
    const total = 20;
    const url = await server(connection => {
      for (let i = 0; i < total; i++) connection.send(`${i} ${'x'.repeat(65_536)}`);
    });
    const streams = pipes('');
    streams.stdout.isStalled = true;
    const exit = connect([url, '--wait', '0.05'], streams);
    await streams.stderr.until('opened');
    await new Promise(resolve => setTimeout(resolve, 800));
    expect(streams.stderr.text).not.toContain('closed');
    streams.stdout.release();
    expect(await exit).toBe(EXIT.OK);
    expect(streams.stdout.text.match(/^\d+ /gm)).toHaveLength(total);
  });

  test('does not count keepalive pongs as activity', async () => {
    const start = performance.now();
    const args = [await echo(), '--wait', '0.5', '--ping-interval', '0.1'];
    expect(await connect(args, pipes('hello\n'))).toBe(EXIT.OK);
    expect(performance.now() - start).toBeLessThan(4_000);
  });

  test('ends as soon as the server closes the connection', async () => {
    const url = await server(connection => connection.on('message', () => connection.close(1000)));
    expect(await connect([url, '--wait', '3600'], pipes('bye\n'))).toBe(EXIT.OK);
  });
});

describe('the exit code of ws101 connect after a clean close', () => {
  test.each([
    [1000, EXIT.OK],
    [1001, EXIT.OK],
    [undefined, EXIT.OK],
    [1003, EXIT.CLOSED_WITH_ERROR],
    [1011, EXIT.CLOSED_WITH_ERROR],
    [3000, EXIT.CLOSED_WITH_ERROR],
    [4001, EXIT.CLOSED_WITH_ERROR],
  ])('for code %s of the server is %i', async (code, exit) => {
    const url = await server(connection => connection.close(code));
    expect(await connect([url], pipes())).toBe(exit);
  });

  test('is 3 if the server answers a normal close with an error', async () => {
    const url = await rawServer(socket =>
      socket.once('data', () => socket.end(encodeFrame('server', OPCODE.CLOSE, Buffer.of(0x03, 0xf3)))),
    );
    expect(await connect([url, '--wait', '0'], pipes(''))).toBe(EXIT.CLOSED_WITH_ERROR);
  });
});

describe('ws101 connect exits 1 and says why if', () => {
  /** Returns what the command prints if `play` controls the server. */
  async function failing(play: Parameters<typeof rawServer>[0]): Promise<string> {
    const streams = pipes();
    streams.stdin.write('hello\n');
    expect(await connect([await rawServer(play)], streams)).toBe(EXIT.FAILURE);
    return streams.stderr.text;
  }

  test('TCP ends without a Close frame', async () => {
    expect(await failing(socket => socket.end())).toMatch(
      /\* closed: not cleanly, by the network: .+ without a Close frame; there was no closing handshake\n$/,
    );
  });

  test('TCP is reset', async () => {
    expect(await failing(socket => socket.once('data', () => socket.resetAndDestroy()))).toMatch(
      /\* closed: not cleanly, by the network: .*ECONNRESET/,
    );
  });

  test('the server breaks a rule', async () => {
    const text = await failing(socket => socket.write(encodeFrame('client', OPCODE.TEXT, 'masked')));
    expect(text).toMatch(/closed: not cleanly, by us: a frame from a server must not be masked .*; we sent 1002/);
  });

  test('the server does not answer a Close frame within 4 s', async () => {
    const streams = pipes('');
    const url = await rawServer(socket => socket.resume());
    const start = performance.now();
    expect(await connect([url, '--wait', '0'], streams)).toBe(EXIT.FAILURE);
    const elapsed = performance.now() - start;
    expect(elapsed).toBeGreaterThan(3_900);
    expect(elapsed).toBeLessThan(5_500);
    expect(streams.stderr.text).toMatch(
      /\* closed: not cleanly, by us: .+; we sent 1000 \(normal closure\), but received no Close frame/,
    );
  });

  test('the server does not answer a keepalive ping', async () => {
    const streams = pipes();
    const url = await rawServer(socket => socket.resume());
    expect(await connect([url, '--ping-interval', '0.05', '--ping-timeout', '0.05'], streams)).toBe(EXIT.FAILURE);
    expect(streams.stderr.text).toMatch(/\* closed: not cleanly, by the network: .*ping/);
  });
});

describe('ws101 connect exits 1 and prints a hint if', () => {
  test('no server listens', async () => {
    const streams = pipes();
    expect(await connect(['ws://127.0.0.1:1'], streams)).toBe(EXIT.FAILURE);
    expect(streams.stderr.text).toMatch(
      /\* closed: the opening handshake failed: .*ECONNREFUSED.*\n\* hint: nothing listens/,
    );
  });

  test('the server does not speak WebSocket, and the trace shows its response', async () => {
    const url = await listen(socket => socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\nnothing'));
    const streams = pipes();
    expect(await connect([url, '--trace'], streams)).toBe(EXIT.FAILURE);
    expect(streams.stderr.text).toMatch(/ ← HTTP\/1\.1 404 Not Found +refused by the server\n/);
    expect(streams.stderr.text).toContain(' ← nothing\n');
    const act4 = streams.stderr.text.indexOf('4  Closing handshake');
    const why = streams.stderr.text.search(/\* closed: the opening handshake failed: .*404/);
    expect(act4).toBeGreaterThan(0);
    expect(why).toBeGreaterThan(act4);
    expect(streams.stderr.text).toContain('* the server says: nothing\n');
  });

  test('the certificate is not trusted, unless --ca or --insecure is given', async () => {
    const ca = join(tmpdir(), `ws101-ca-${process.pid}.pem`);
    writeFileSync(ca, TLS_CERTIFICATE);
    const tls = { cert: TLS_CERTIFICATE, key: TLS_KEY };
    const standing = await startEcho({ host: '127.0.0.1', port: 0, tls });
    onTestFinished(() => standing.close({ timeout: 0 }));
    const url = urlOf(standing, true);

    const refused = pipes('x\n');
    expect(await connect([url], refused)).toBe(EXIT.FAILURE);
    expect(refused.stderr.text).toMatch(/\* hint: the certificate .*: to trust it, pass it as --ca\n/);

    const trusted = pipes('x\n');
    expect(await connect([url, '--ca', ca, '--trace'], trusted)).toBe(EXIT.OK);
    expect(trusted.stdout.text).toBe('x\n');
    expect(trusted.stderr.text).toMatch(
      /TLS {10}TLSv1\.3, TLS_\w+, ALPN http\/1\.1\n +verified {5}yes\n +certificate {2}localhost/,
    );

    const insecure = pipes('x\n');
    expect(await connect([url, '--insecure'], insecure)).toBe(EXIT.OK);
    expect(insecure.stderr.text).toContain('* --insecure: the certificate is not verified\n');
  });
});

describe('options of ws101 connect', () => {
  test('are sent in the request; the agreed subprotocol is printed, a password is not', async () => {
    const seen = deferred<string>();
    const standing = new WebSocketServer({ host: '127.0.0.1', port: 0, subprotocols: ['chat'], origins: '*' });
    onTestFinished(() => standing.close({ timeout: 0 }));
    standing.on('connection', (_, request) => {
      seen.resolve(request.headers.lines.map(line => line.join(': ')).join('\n'));
    });
    await once(standing, 'listening');
    const url = urlOf(standing, false).replace('//', '//user:secret@');
    const streams = pipes('');
    const args = [url, '-H', 'X-One: 1', '-H', 'X-Two: 2', '--subprotocol', 'best', '--subprotocol', 'chat'];
    expect(await connect([...args, '--origin', 'http://page.example'], streams)).toBe(EXIT.OK);
    const request = await seen.promise;
    expect(request).toContain('X-One: 1\nX-Two: 2');
    expect(request).toContain('Sec-WebSocket-Protocol: best, chat');
    expect(request).toContain('Origin: http://page.example');
    expect(request).toContain(`Authorization: Basic ${Buffer.from('user:secret').toString('base64')}`);
    expect(streams.stderr.text).toContain('* opened: subprotocol chat\n');
    expect(streams.stderr.text).not.toContain('secret');
  });

  test('include subprotocols, and the status says if the server chose none', async () => {
    const standing = new WebSocketServer({ host: '127.0.0.1', port: 0, subprotocols: ['chat'] });
    onTestFinished(() => standing.close({ timeout: 0 }));
    await once(standing, 'listening');
    const streams = pipes('');
    expect(await connect([urlOf(standing, false), '--subprotocol', 'chatt'], streams)).toBe(EXIT.OK);
    expect(streams.stderr.text).toContain('* opened: no subprotocol agreed on\n');
  });

  test.each([
    [['nowhere'], 'url must be a valid, absolute URL'],
    [['ws://h', '-H', 'a b: c'], 'a name in --header must be a token'],
    [['ws://h', '-H', 'Connection: close'], '--header must not contain "Connection"'],
    [['ws://h', '--subprotocol', 'a b'], '--subprotocol must be a token'],
    [['ws://h', '--ca', '/no/such/file'], '--ca: ENOENT'],
  ])('are checked before anything is opened: %j', async (args, message) => {
    const streams = pipes('');
    await expect(connect(args, streams)).rejects.toThrow(UsageError);
    await expect(connect(args, streams)).rejects.toThrow(message);
    expect(streams.stderr.text).toBe('');
  });

  test('include --help, which prints to stdout', async () => {
    const streams = pipes('');
    expect(await connect(['--help'], streams)).toBe(EXIT.OK);
    expect(streams.stdout.text).toContain('Exit codes');
  });
});

describe('ws101 connect on a terminal', () => {
  test('sends typed lines, and closes on Ctrl-D', async () => {
    const streams = terminal();
    const exit = connect([await echo()], streams);
    await streams.stderr.until('opened');
    streams.stdin.write('hello\r');
    await streams.stdout.until('hello\n');
    streams.stdin.write('\x04');
    expect(await exit).toBe(EXIT.OK);
    expect(streams.stdout.text).toBe('hello\n');
    expect(streams.stderr.text).toContain('> ');
  });

  test('redraws the typed line below a received message, and keeps the cursor position', async () => {
    const tell = deferred<WebSocketConnection>();
    const streams = terminal();
    const exit = connect([await server(tell.resolve)], streams);
    const connection = await tell.promise;
    await streams.stderr.until('opened');
    streams.stdin.write('half a line');
    await streams.stderr.until('half a line');
    const before = streams.stderr.raw.length;
    connection.send('news');
    await streams.stdout.until('news\n');
    const redrawn = streams.stderr.raw.slice(before);
    expect(redrawn).toBe('\x1b[1G\x1b[0J\x1b[1G\x1b[0J> half a line\x1b[14G');
    const echoed = once(connection, 'message');
    streams.stdin.write(' made whole\r');
    expect(await echoed).toEqual(['half a line made whole', false]);
    streams.stdin.write('/close\r');
    expect(await exit).toBe(EXIT.OK);
  });

  test('sends the text "close", and with // a text that starts with a slash', async () => {
    const streams = terminal();
    const exit = connect([await echo()], streams);
    await streams.stderr.until('opened');
    streams.stdin.write('close\r//home/user\r');
    await streams.stdout.until('close\n/home/user\n');
    streams.stdin.write('\x04');
    expect(await exit).toBe(EXIT.OK);
  });

  test('escapes control and invisible characters', async () => {
    const url = await server(connection => connection.send('\x1b[2J\u202egpj.exe\u200b'));
    const streams = terminal();
    const exit = connect([url], streams);
    await streams.stdout.until('\\x1b[2J\\u{202e}gpj.exe\\u{200b}\n');
    streams.stdin.write('\x04');
    expect(await exit).toBe(EXIT.OK);
  });

  test('closes immediately on Ctrl-D, whatever --wait is', async () => {
    const streams = terminal();
    const exit = connect([await echo(), '--wait', '3600'], streams);
    await streams.stderr.until('opened');
    streams.stdin.write('\x04');
    expect(await exit).toBe(EXIT.OK);
  });

  test('reads commands, and closes immediately at the end of the input, if only stderr is redirected', async () => {
    const streams = { ...terminal(), stderr: pipes().stderr };
    const exit = connect([await echo(), '--wait', '3600'], streams);
    await streams.stderr.until('opened');
    streams.stdin.write('/ping\n');
    await streams.stderr.until(/\* pong after/);
    streams.stdin.end();
    expect(await exit).toBe(EXIT.OK);
  });

  test('does not redraw the typed line if stdout is a file', async () => {
    const tell = deferred<WebSocketConnection>();
    const streams = { ...terminal(), stdout: pipes().stdout };
    const exit = connect([await server(tell.resolve)], streams);
    const connection = await tell.promise;
    await streams.stderr.until('opened');
    streams.stdin.write('half');
    await streams.stderr.until('half');
    const before = streams.stderr.raw.length;
    connection.send('news');
    await streams.stdout.until('news\n');
    expect(streams.stderr.raw.length).toBe(before);
    streams.stdin.write('\x03');
    expect(await exit).toBe(EXIT.OK);
  });

  test('refuses a line typed before the connection is open, and gives up on Ctrl-D', async () => {
    const streams = terminal();
    const exit = connect([await listen(socket => socket.resume())], streams);
    streams.stdin.write('too early\r');
    await streams.stderr.until('* not sent, because the connection is not open yet: too early\n');
    streams.stdin.write('\x04');
    expect(await exit).toBe(EXIT.FAILURE);
    expect(streams.stderr.text).toContain('* closed: canceled before the connection was open\n');
  });

  test('refuses a line typed after the server has closed, and stays until Ctrl-D', async () => {
    const streams = terminal();
    const exit = connect([await server(connection => connection.close(1001))], streams);
    await streams.stderr.until('* press Ctrl-D to quit\n');
    streams.stdin.write('rm -r important\r');
    await streams.stderr.until('* not sent, because the connection is closed: rm -r important\n');
    streams.stdin.write('\x04');
    expect(await exit).toBe(EXIT.OK);
  });

  test('refuses a line typed while the connection is closing, and ends immediately on a second Ctrl-C', async () => {
    const streams = terminal();
    let sawClose!: () => void;
    const closeCame = new Promise<void>(resolve => {
      sawClose = resolve;
    });
    const url = await rawServer(socket => socket.on('data', sawClose));
    const exit = connect([url], streams);
    await streams.stderr.until('opened');
    streams.stdin.write('\x03');
    streams.stdin.write('too late\r');
    await streams.stderr.until('* not sent, because the connection is closing: too late\n');
    await closeCame;
    streams.stdin.write('\x03');
    expect(await exit).toBe(EXIT.FAILURE);
    expect(streams.stderr.text).toMatch(/\* closed: not cleanly, by us: .*we sent 1001/);
  });

  test('fits the trace to the width of the terminal, even after it changes', async () => {
    const streams = terminal();
    streams.stderr.columns = 80;
    const exit = connect([await echo(), '--trace'], streams);
    await streams.stderr.until('opened');
    // The recording contains the prompt before the line that replaced it.
    const widths = (text: string) => text.split('\n').map(line => widthOf(line.replace(/^(> )+/, '')));
    expect(Math.max(...widths(streams.stderr.text))).toBe(80);
    const before = streams.stderr.text.length;
    streams.stderr.columns = 120;
    streams.stdin.write('\x04');
    expect(await exit).toBe(EXIT.OK);
    expect(Math.max(...widths(streams.stderr.text.slice(before)))).toBe(120);
  });

  test('shows colors, unless NO_COLOR is set', async () => {
    const colorful = terminal();
    const exit = connect([await echo()], colorful);
    await colorful.stderr.until('opened');
    colorful.stdin.write('\x04');
    await exit;
    const isOff = (process.env.NO_COLOR ?? '') !== '' || process.env.TERM === 'dumb';
    expect(colorful.stderr.raw.includes('\x1b[2m*\x1b[22m')).toBe(!isOff);
  });
});
