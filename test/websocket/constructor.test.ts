/** The constructor. The files of web-platform-tests are named below `websockets/`. */
import { describe, expect, test, vi } from 'vitest';
import { headerOf } from '../helpers/http-heads.js';
import { closedPort, rawServer } from '../helpers/raw-peer.js';
import { TLS_CERTIFICATE } from '../helpers/tls-fixture.js';
import { echoServer, observe, openEcho, openRaw, WebSocket } from '../helpers/w3c-socket.js';

/** Returns a WebSocket that never opens. */
function pending(...args: ConstructorParameters<typeof WebSocket>): WebSocket {
  const { socket } = observe(new WebSocket(...args));
  return socket;
}

const HOST = '127.0.0.1:1';

describe('url', () => {
  test.each([
    // Create-invalid-urls.any.js, constructor/004.html, constructor/005.html, constructor/020.html, constructor/021.html
    'ws://foo bar.com/',
    'wss://foo bar.com/',
    'ftp://127.0.0.1/',
    'mailto:example@example.org',
    'about:blank',
    '#test',
    'http:',
    'ws:',
    // Create-wrong-scheme.any.js
    'httpx://127.0.0.1/',
    // Create-non-absolute-url.any.js, Create-valid-url-relative.tentative.any.js: there is no base URL on Node.js
    '/test',
    'test',
    '//server/test',
    '?test',
    '',
    // constructor/007.html, constructor/022.html: a fragment, even an empty one
    `ws://${HOST}/#`,
    `ws://${HOST}/#test`,
    `wss://${HOST}/a?b#`,
    `http://${HOST}/#test`,
    'ws+unix:/tmp/a.sock',
  ])('throws a SyntaxError for %j', url => {
    expect(() => new WebSocket(url)).toThrow(expect.objectContaining({ name: 'SyntaxError', code: 12 }));
    expect(() => new WebSocket(url)).toThrow(DOMException);
  });

  test.each([
    // Create-http-urls.any.js, Create-valid-url-http.tentative.any.js
    [`http://${HOST}/`, `ws://${HOST}/`],
    ['https://127.0.0.1:1/a', 'wss://127.0.0.1:1/a'],
    ['http://localhost:80/', 'ws://localhost/'],
    // Create-verify-url-set-default-port.any.js, Create-Secure-verify-url-set-default-port.any.js
    ['ws://localhost:80/', 'ws://localhost/'],
    ['wss://localhost:443', 'wss://localhost/'],
    // Create-verify-url-set-non-default-port.any.js, interfaces/WebSocket/url/001.html to 006.html
    ['ws://127.0.0.1:8080', 'ws://127.0.0.1:8080/'],
    ['WSS://LOCALHOST:8080/A?b', 'wss://localhost:8080/A?b'],
    // Create-url-with-space.any.js, constructor/018.html
    [`ws://${HOST}/a b?c d`, `ws://${HOST}/a%20b?c%20d`],
    [`ws://${HOST}/\udc00`, `ws://${HOST}/%EF%BF%BD`],
    [`ws://a:b@${HOST}/`, `ws://a:b@${HOST}/`],
  ])('%j becomes the url %j', (url, normal) => {
    expect(pending(url).url).toBe(normal);
  });

  test('may be a URL or another object, which is converted to a string', () => {
    expect(pending(new URL(`http://${HOST}/a`)).url).toBe(`ws://${HOST}/a`);
    expect(pending({ toString: () => `ws://${HOST}/b` } as unknown as string).url).toBe(`ws://${HOST}/b`);
    expect(() => new WebSocket(Symbol('a') as unknown as string)).toThrow(TypeError);
  });

  test('is required: constructor/001.html, constructor/002.html', () => {
    expect(() => Reflect.construct(WebSocket, [])).toThrow(TypeError);
    expect(() => Reflect.construct(WebSocket, [undefined])).toThrow(DOMException);
  });

  test('user and password are sent: basic-auth.any.js, constructor/016.html', async () => {
    const server = await rawServer();
    const accepted = server.next();
    pending(`ws://foo:bar@127.0.0.1:${server.port}/`);
    expect(headerOf(await (await accepted).head(), 'Authorization')).toBe('Basic Zm9vOmJhcg==');
  });

  test.each([`ws://127.0.0.1:6667/`, `wss://127.0.0.1:22/`])(
    '%s has a blocked port, so the connection fails: Create-blocked-port.any.js',
    async url => {
      const dial = vi.fn();
      const { events, closed } = observe(new WebSocket(url, { dial }));
      expect(await closed).toMatchObject({ code: 1006, wasClean: false });
      expect(events.map(({ type }) => type)).toEqual(['error', 'close']);
      expect(events[0]).toMatchObject({ message: 'the port is one of the blocked ports' });
      expect(dial).not.toHaveBeenCalled();
    },
  );
});

describe('protocols', () => {
  test.each([
    // Create-asciiSep-protocol-string.any.js, constructor/008.html
    [['a,b']],
    [['a;b']],
    [['"a"']],
    // Create-nonAscii-protocol-string.any.js
    [['\u0080proto']],
    // Create-protocol-with-space.any.js
    [['ec ho']],
    // Create-protocols-repeated.any.js
    [['echo', 'echo']],
    // Create-protocols-repeated-case-insensitive.any.js
    [['echo', 'ECHO']],
    [['']],
    [''],
    [['a\tb']],
  ])('%j throws a SyntaxError', protocols => {
    expect(() => new WebSocket(`ws://${HOST}/`, protocols)).toThrow(
      expect.objectContaining({ name: 'SyntaxError', code: 12 }),
    );
  });

  test.each<[unknown, string | undefined]>([
    // Create-valid-url.any.js, Create-valid-url-protocol.any.js, Create-valid-url-array-protocols.any.js
    [undefined, undefined],
    [[], undefined],
    ['echo', 'echo'],
    [['echo', 'chat'], 'echo, chat'],
    [new Set(['a', 'b']), 'a, b'],
    // constructor/009.html to constructor/012.html: other values become strings
    [null, 'null'],
    [1, '1'],
    [[null, undefined], 'null, undefined'],
    [{ protocols: 'echo' }, 'echo'],
    [{ protocols: ['echo', 'chat'] }, 'echo, chat'],
  ])('%j offers %j', async (protocols, offered) => {
    const server = await rawServer();
    const accepted = server.next();
    const socket = pending(`ws://127.0.0.1:${server.port}/`, protocols as string);
    const head = await (await accepted).head();
    expect(headerOf(head, 'Sec-WebSocket-Protocol')).toBe(offered);
    // Create-valid-url-protocol-empty.any.js
    expect(socket.protocol).toBe('');
  });

  test('protocol is the one that the server selected: Create-Secure-valid-url-protocol-setCorrectly.any.js', async () => {
    const { socket } = await openEcho(['other', 'chat', 'echo']);
    expect(socket.protocol).toBe('chat');
    socket.close();
    expect(socket.protocol).toBe('chat');
  });

  test('the connection fails if the server selects none', async () => {
    const { url } = await echoServer();
    const { events, closed } = observe(new WebSocket(url, 'unknown'));
    expect(await closed).toMatchObject({ code: 1006, wasClean: false });
    expect(events.map(({ type }) => type)).toEqual(['error', 'close']);
    expect(events[0]).toMatchObject({ message: 'the server selected none of the subprotocols' });
  });

  test('the connection fails if the server selects another one', async () => {
    const server = await rawServer();
    const accepted = server.next();
    const { closed, events } = observe(new WebSocket(`ws://127.0.0.1:${server.port}/`, 'echo'));
    const peer = await accepted;
    const { switchingProtocols } = await import('../helpers/http-heads.js');
    peer.write(switchingProtocols(await peer.head(), 'Sec-WebSocket-Protocol: chat'));
    await closed;
    expect(events.map(({ type }) => type)).toEqual(['error', 'close']);
  });
});

describe('the new object', () => {
  test('is connecting: constructor.any.js, Create-valid-url.any.js', async () => {
    const { url } = await echoServer();
    const socket = pending(url);
    expect(socket).toBeInstanceOf(EventTarget);
    expect(socket).toMatchObject({
      readyState: 0,
      bufferedAmount: 0,
      extensions: '',
      protocol: '',
      binaryType: 'blob',
    });
  });

  test('has no extensions unless compression was agreed: Create-Secure-extensions-empty.any.js', async () => {
    const { socket } = await openEcho();
    expect(socket.extensions).toBe('');
  });

  test('fires open once it is open, in a task of its own: interfaces/WebSocket/readyState/006.html', async () => {
    const { url } = await echoServer();
    const { socket, next } = observe(new WebSocket(url));
    const event = await next('open');
    expect(socket.readyState).toBe(1);
    expect(event).toMatchObject({ bubbles: false, cancelable: false, target: socket, currentTarget: null });
    expect(Object.getPrototypeOf(event)).toBe(Event.prototype);
  });

  test('fires error, then close in the same task, if the connection is refused', async () => {
    const port = await closedPort();
    const { socket, events, closed } = observe(new WebSocket(`ws://127.0.0.1:${port}/`));
    const states: number[] = [];
    let microtasks = 0;
    socket.onerror = () => {
      states.push(socket.readyState);
      setImmediate(() => states.push(NaN));
    };
    socket.onclose = () => {
      states.push(socket.readyState, microtasks);
    };
    microtasks++;
    expect(await closed).toMatchObject({ code: 1006, reason: '', wasClean: false });
    expect(states).toEqual([3, 3, 1]);
    expect(events.map(({ type }) => type)).toEqual(['error', 'close']);
    expect(events[0]).toMatchObject({
      message: expect.stringMatching(/^could not open ws:\/\/127\.0\.0\.1:\d+\/: /),
      error: { name: 'HandshakeError' },
    });
  });

  test('sends neither Origin, Referer nor cookies: referrer.any.js', async () => {
    const server = await rawServer();
    const accepted = server.next();
    pending(`ws://127.0.0.1:${server.port}/`);
    expect(await (await accepted).head()).not.toMatch(/^(Origin|Referer|Cookie|Sec-WebSocket-Protocol):/im);
  });

  test('fails if the response is not 101, or is a redirect: opening-handshake/', async () => {
    const { plainResponse } = await import('../helpers/http-heads.js');
    for (const [status, line] of [
      ['404 Not Found', 'A: b'],
      ['302 Found', 'Location: ws://127.0.0.1/'],
    ] as const) {
      const server = await rawServer(async peer => {
        await peer.head();
        peer.write(plainResponse(status, [line, 'Connection: close']));
        peer.socket.end();
      });
      const { events, closed } = observe(new WebSocket(`ws://127.0.0.1:${server.port}/`));
      expect(await closed).toMatchObject({ code: 1006 });
      expect(events.map(({ type }) => type)).toEqual(['error', 'close']);
    }
  });
});

describe('options', () => {
  test('are those of connect(), as third argument', async () => {
    const { requests, socket } = await openRawHeaders('chat', {
      headers: { Authorization: 'Bearer 1' },
      origin: 'http://a',
    });
    expect(requests).toContain('Authorization: Bearer 1');
    expect(requests).toContain('Origin: http://a');
    expect(requests).toContain('Sec-WebSocket-Protocol: chat');
    expect(socket.protocol).toBe('');
  });

  async function openRawHeaders(...args: [string, object]) {
    const server = await rawServer();
    const accepted = server.next();
    const socket = pending(`ws://127.0.0.1:${server.port}/`, ...args);
    return { socket, requests: await (await accepted).head() };
  }

  test('may contain protocols in the third argument', async () => {
    const { url } = await echoServer();
    const { socket, next } = observe(new WebSocket(url, undefined, { protocols: 'chat' }));
    await next('open');
    expect(socket.protocol).toBe('chat');
  });

  test('are accepted in place of the subprotocols', async () => {
    const { socket } = await openEcho({ protocols: ['chat'], perMessageDeflate: true }, { perMessageDeflate: true });
    expect(socket.protocol).toBe('chat');
    expect(socket.extensions).toMatch(/^permessage-deflate/);
  });

  test('a dial function of the application opens the transport', async () => {
    const { url } = await echoServer();
    const { dial } = await import('../../src/index.js');
    const dialled: string[] = [];
    const { socket, next } = observe(
      new WebSocket('ws://nowhere.invalid/', {
        dial: (destination, signal, options) => {
          dialled.push(destination.href);
          const { port } = new URL(url);
          return dial({ ...destination, hostname: '127.0.0.1', port: Number(port) }, signal, options);
        },
      }),
    );
    await next('open');
    expect(dialled).toEqual(['ws://nowhere.invalid/']);
    expect(socket.url).toBe('ws://nowhere.invalid/');
  });

  test('tls trusts a certificate: Create-Secure-valid-url.any.js', async () => {
    const server = await rawServer(
      async peer => {
        const { switchingProtocols } = await import('../helpers/http-heads.js');
        peer.write(switchingProtocols(await peer.head()));
      },
      { secure: true },
    );
    const url = `wss://localhost:${server.port}/`;
    const { socket, next } = observe(new WebSocket(url, [], { tls: { ca: TLS_CERTIFICATE } }));
    await next('open');
    expect(socket.url).toBe(url);
    const { closed } = observe(new WebSocket(url));
    expect(await closed).toMatchObject({ code: 1006 });
  });

  test.each<[object, RegExp]>([
    [{ header: {} }, /unknown option 'header': did you mean 'headers'\?/],
    [{ dispatcher: {} }, /unknown option 'dispatcher': use 'dial'/],
    [{ subprotocols: [] }, /unknown option 'subprotocols': use 'protocols'/],
    [{ headers: 1 }, /headers must be/],
    [{ maxMessageSize: -1 }, /maxMessageSize must be/],
    [{ text: 'buffer' }, /unknown option 'text'/],
  ])('%j throws at once', (init, message) => {
    expect(() => new WebSocket(`ws://${HOST}/`, init)).toThrow(message);
    expect(() => new WebSocket(`ws://${HOST}/`, [], init)).toThrow(message);
  });

  test.each(['Stray argument', 1, null, true])(
    'a third argument that is %j has no effect: constructor.any.js',
    stray => {
      expect(pending(`ws://${HOST}/`, 'echo', stray as never)).toBeInstanceOf(WebSocket);
    },
  );

  test('the connection fails if the server is not reached within handshakeTimeout', async () => {
    const server = await rawServer();
    const { closed } = observe(new WebSocket(`ws://127.0.0.1:${server.port}/`, { handshakeTimeout: 20 }));
    expect(await closed).toMatchObject({ code: 1006 });
  });

  test('openRaw() reaches a server that speaks in bytes', async () => {
    const { socket } = await openRaw();
    expect(socket.readyState).toBe(1);
  });
});
