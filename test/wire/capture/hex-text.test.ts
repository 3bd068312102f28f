import { describe, expect, test } from 'vitest';
import { CaptureError, readCapture } from '../../../src/wire/capture/index.js';
import { HELLO, hexOf, sideHex, text } from './bytes-of.js';

describe('hex digits are read', () => {
  test.each([
    ['without separators', HELLO],
    ['in upper case', HELLO.toUpperCase()],
    ['with spaces', '81 85 37 fa 21 3d 7f 9f 4d 51 58'],
    ['in words', '8185 37fa 213d 7f9f 4d51 58'],
    ['with colons', '81:85:37:fa:21:3d:7f:9f:4d:51:58'],
    ['with commas and 0x', '0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58'],
    ['as one number', `0x${HELLO}`],
    ['on several lines', '81 85 37 fa\n21 3d 7f 9f\r\n4d 51 58\n'],
    ['in quotes', `"${HELLO}"`],
    ['as escapes', '\\x81\\x85\\x37\\xfa\\x21\\x3d\\x7f\\x9f\\x4d\\x51\\x58'],
    ['as bytes of Python', "b'\\x81\\x857\\xfa!=\\x7f\\x9fMQX'"],
    ["as Wireshark's escaped string", '"\\x81\\x85\\x37\\xfa\\x21\\x3d\\x7f" \\\n"\\x9f\\x4d\\x51\\x58"\n'],
    ['as a Buffer of Node', '<Buffer 81 85 37 fa 21 3d 7f 9f 4d 51 58>'],
    ['as a Uint8Array of Node', 'Uint8Array(11) [\n  129, 133, 55, 250, 33,\n 61, 127, 159, 77, 81, 88\n]'],
    [
      'as an array of C',
      'unsigned char b[] = {\n 0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58\n};\nint n = 11;',
    ],
    ['with a byte order mark', `\uFEFF${HELLO}`],
  ])('%s', (_, content) => {
    const capture = readCapture(text(content));
    expect(capture).toMatchObject({ format: 'dump', notes: [] });
    expect(sideHex(capture, 'client')).toBe(HELLO);
  });

  test('in UTF-16, as PowerShell writes it', () => {
    const bytes = Buffer.from(`\uFEFF${HELLO}\r\n`, 'utf16le');
    expect(sideHex(readCapture(bytes), 'client')).toBe(HELLO);
  });
});

describe('the sender is found', () => {
  test('by the MASK bit', () => {
    const capture = readCapture(text(`${HELLO} 810548656c6c6f`));
    expect(sideHex(capture, 'client')).toBe(HELLO);
    expect(sideHex(capture, 'server')).toBe('810548656c6c6f');
  });

  test.each([
    ['names', `client: ${HELLO}\nserver: 8900\nclient: 8a80\n  00000000`],
    ['arrows', `> ${HELLO}\n< 8900\n> 8a80 0000 0000`],
    [
      'arrays of Wireshark',
      `char peer0_0[] = { /* 1 */\n0x81, 0x85, ${HELLO.slice(4).replace(/../g, '0x$&,')} };char peer1_0[] = { 0x89, 0x0 };char peer0_1[] = { 0x8a, 0x80, 0x0, 0x0, 0x0, 0x0 };`,
    ],
    [
      'tshark -z follow,tcp,raw',
      `\n=====\nFollow: tcp,raw\nFilter: tcp.stream eq 0\nNode 0: 127.0.0.1:5000\nNode 1: 127.0.0.1:80\n${HELLO}\n\t8900\n8a8000000000\n=====\n`,
    ],
  ])('by %s', (_, content) => {
    const capture = readCapture(text(content));
    const lines = capture.conversations[0]!.events.map(
      event => event.type === 'bytes' && `${event.from} ${hexOf(event.bytes)}`,
    );
    expect(lines).toEqual([`client ${HELLO}`, 'server 8900', 'client 8a8000000000']);
  });
});

describe('what is wrong is said', () => {
  test.each([
    ['nothing', '', 'expected a capture, got 0 bytes'],
    ['white space', ' \n', 'only white space'],
    ['other text', 'hello, world', 'a hex dump or hex digits, got text with "hello, world" at character 0'],
    ['a letter among digits', '81 85 3x', 'got text with "x" at character 7'],
    ['half a byte', '81 8', 'expected two hex digits for each byte, got one at character 3'],
    ['half a byte within', '81 8 37', 'got one at character 3'],
    ['a shortened Buffer', '<Buffer 81 85 ... 50 more bytes>', '"<Buffer … 50 more bytes>", which leaves some out'],
    ['a number above 255', '[129, 300]', 'expected numbers from 0 to 255, got "300"'],
    ['other JSON', '{"a":1}', 'expected a HAR file or lines of ws101 tap, got other JSON'],
    ['an empty array', 'char b[] = { };', 'expected bytes between { and }, got none'],
    ['no digits', ',,,', 'expected bytes, got none'],
  ])('%s', (_, content, message) => {
    expect(() => readCapture(text(content))).toThrow(CaptureError);
    expect(() => readCapture(text(content))).toThrow(message);
  });

  test('with the name of the file and the offset', () => {
    const error = (() => {
      try {
        return readCapture(text('81 85 3x'), 'frames.txt');
      } catch (thrown) {
        return thrown as CaptureError;
      }
    })();
    expect(error).toMatchObject({ message: expect.stringMatching(/^frames\.txt: expected/), offset: 7 });
  });

  test.each([
    ['gzip', [0x1f, 0x8b, 8]],
    ['ZIP', [0x50, 0x4b, 3, 4]],
    ['Zstandard', [0x28, 0xb5, 0x2f, 0xfd]],
  ])('a %s file', (name, bytes) => {
    expect(() => readCapture(Uint8Array.from(bytes))).toThrow(new RegExp(`got a ${name} file`));
  });
});

describe('bytes are read', () => {
  test('of frames', () => {
    const capture = readCapture(Buffer.from(HELLO, 'hex'));
    expect(capture.format).toBe('bytes');
    expect(sideHex(capture, 'client')).toBe(HELLO);
  });

  test('of a handshake, which is text', () => {
    const request = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
    const response = 'HTTP/1.1 101 Switching Protocols\r\n\r\n';
    const capture = readCapture(text(request + response));
    expect(capture.format).toBe('bytes');
    expect(sideHex(capture, 'client')).toBe(hexOf(text(request)));
    expect(sideHex(capture, 'server')).toBe(hexOf(text(response)));
  });
});
