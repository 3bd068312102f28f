import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { WebSocketConnection } from '../../../src/index.js';
import { server } from '../../cli/servers.js';
import { answering, causeAt, closeFrame, examine, frame, opening, switching } from './servers.js';

const echo = (connection: WebSocketConnection): void => {
  connection.on('message', data => void connection.send(data));
};

describe('a healthy server', () => {
  test('passes every stage', async () => {
    const report = await examine(await server(echo), { perMessageDeflate: true });
    expect(report).toMatchObject({ verdict: 'healthy', diagnoses: [] });
    expect(report.stages.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'url ok',
      'tcp ok',
      'request info',
      'response ok',
      'frames ok',
      'ping ok',
      'message ok',
      'close ok',
    ]);
    expect(report.facts.session).toMatchObject({ message: { isEcho: true }, endedDuring: undefined });
  });

  test('gets no message if none is wanted', async () => {
    let messages = 0;
    const url = await server(connection => void connection.on('message', () => messages++));
    expect(await examine(url, { send: '' })).toMatchObject({ verdict: 'healthy' });
    expect(messages).toBe(0);
  });
});

describe('a server that ends the connection', () => {
  test.each([
    [1000, 'closed-1000'],
    [1008, 'closed-1008'],
    [1011, 'closed-1011'],
    [1013, 'closed-1013'],
    [4001, 'closed-4001'],
    [undefined, 'closed-without-code'],
  ])('with a Close frame at once, code %s', async (code, id) => {
    const url = await opening(socket => void socket.end(closeFrame(code, code === 4001 ? 'no token' : '')));
    const report = await examine(url);
    expect(report.diagnoses.map(diagnosis => diagnosis.id)).toEqual([id]);
    if (code === 4001) expect(report.diagnoses[0]!.cause).toContain('no token');
  });

  test('without a Close frame', async () => {
    expect(await causeAt(await opening(socket => void socket.end()))).toBe('cut-off');
    expect(await causeAt(await opening(socket => void socket.resetAndDestroy()))).toBe('cut-off');
  });

  test('when it gets a Ping', async () => {
    const url = await opening(socket => void socket.once('data', () => socket.destroy()));
    expect(await causeAt(url)).toBe('cut-after-ping');
  });

  test('when a message is too large', async () => {
    const url = await server(echo, { maxMessageSize: 1_000 });
    expect(await causeAt(url, { size: 2_000 })).toBe('message-too-big');
    expect(await causeAt(url)).toBe(undefined);
  });

  test('when it does not understand the test message, which is only a warning', async () => {
    const url = await server(connection => connection.on('message', () => void connection.close(1003, 'JSON only')));
    const report = await examine(url);
    expect(report).toMatchObject({ verdict: 'warning', diagnoses: [{ id: 'message-refused' }] });
  });

  test('when its handler fails on the test message, which is a problem', async () => {
    const url = await server(connection => connection.on('message', () => void connection.close(1011)));
    expect((await examine(url)).diagnoses).toMatchObject([{ id: 'closed-1011', severity: 'problem' }]);
  });

  test('when it is idle, with or without a Close frame', async () => {
    const cut = await opening(socket => {
      socket.on('data', data => {
        if ((data[0]! & 0xf) === 9) {
          socket.write(frame('PONG', 'ws101'));
          setTimeout(() => socket.destroy(), 300);
        }
      });
    });
    const report = await examine(cut, { idle: 5_000, send: '' });
    expect(report.diagnoses[0]).toMatchObject({ id: 'idle-timeout', cause: expect.stringContaining(' s without') });
    const closing = await server(connection => void setTimeout(() => connection.close(4000, 'no login'), 500));
    expect(await causeAt(closing, { idle: 5_000, send: '' })).toBe('idle-closed');
  });

  test('unless a change keeps it open', async () => {
    const url = await opening((socket, request) => {
      if (request.header('Origin') === undefined) socket.end(closeFrame(1008));
    });
    expect((await examine(url)).diagnoses[0]).toMatchObject({
      id: 'closed-1008',
      advice: expect.stringContaining('http://127'),
    });
  });
});

describe('a server that breaks the protocol', () => {
  const masked = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]);

  test.each([
    ['two-101s', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n'],
    ['response-after-101', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'],
    ['chunked-101', '7\r\n\x81\x05hello\r\n'],
    ['text-after-101', 'Internal error: something failed'],
    ['violation-masked-server-frame', masked],
    ['violation-reserved-bits', Buffer.concat([Buffer.from([0xc1, 5]), deflateRawSync('hi').subarray(0, 5)])],
    ['violation-invalid-utf8', Buffer.from([0x81, 2, 0xff, 0xfe])],
    ['violation-reserved-opcode', Buffer.from([0x83, 0])],
    ['violation-invalid-close-code', Buffer.from([0x88, 2, 1005 >> 8, 1005 & 0xff])],
  ])('%s', async (id, bytes) => {
    const url = await opening(socket => void socket.write(bytes as string, 'latin1'));
    expect((await examine(url)).diagnoses.map(diagnosis => diagnosis.id)).toEqual([id]);
  });

  test('a proxy that cuts compressed connections, which stay open otherwise', async () => {
    const url = await answering((request, socket) => {
      const isOffered = request.header('Sec-WebSocket-Extensions') !== undefined;
      socket.write(switching(request, isOffered ? { 'Sec-WebSocket-Extensions': 'permessage-deflate' } : {}));
      if (isOffered) socket.destroySoon();
      return undefined;
    });
    expect((await examine(url, { perMessageDeflate: true })).diagnoses[0]).toMatchObject({
      id: 'cut-off',
      cause: expect.stringContaining('without compression it stays open'),
    });
  });

  test('a compressed message that cannot be inflated', async () => {
    const url = await opening(
      (socket, request) => {
        if (request.header('Sec-WebSocket-Extensions') !== undefined)
          socket.write(Buffer.from([0xc1, 3, 0xff, 0xff, 0xff]));
      },
      { 'Sec-WebSocket-Extensions': 'permessage-deflate' },
    );
    expect(await causeAt(url, { perMessageDeflate: true })).toBe('violation-invalid-compressed-data');
  });
});

describe('a server that does not answer', () => {
  const limits = { pong: 100, close: 100 };

  test('anything', async () => {
    expect(await causeAt(await opening(() => {}), { limits })).toBe('silent');
  });

  test('a Ping, but a Close frame', async () => {
    const url = await opening(socket => {
      socket.on('data', data => {
        if ((data[0]! & 0xf) === 8) socket.end(closeFrame(1000));
      });
    });
    expect(await causeAt(url, { limits: { pong: 100 } })).toBe('no-pong');
  });

  test('a Close frame, but a Ping', async () => {
    const url = await opening(socket => {
      socket.on('data', data => {
        if ((data[0]! & 0xf) === 9) socket.write(frame('PONG', 'ws101'));
      });
    });
    expect(await causeAt(url, { limits: { close: 100 } })).toBe('close-ignored');
  });

  test('until the connection ends, because a proxy buffers', async () => {
    const url = await opening(socket => {
      const held: Uint8Array[] = [frame('TEXT', 'welcome')];
      socket.on('data', data => {
        const opcode = data[0]! & 0xf;
        if (opcode === 9) held.push(frame('PONG', 'ws101'));
        if (opcode === 8) socket.end(Buffer.concat([...held, closeFrame(1000)]));
      });
    });
    expect(await causeAt(url, { limits: { pong: 100 } })).toBe('buffered');
  });
});
