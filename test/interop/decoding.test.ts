import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDeflateRaw, constants as zlib } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { inflate } from '../../src/tools/inflate.js';
import {
  ConversationDecoder,
  type FrameField,
  type FrameItem,
  frameBytes,
  frameFields,
  type RawFrame,
  type Side,
  type WireItem,
} from '../../src/wire/index.js';
import { writePcap } from './helpers/pcap-file.js';
import { run } from './helpers/program.js';

const [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10];

const DEFLATE = 'Sec-WebSocket-Extensions: permessage-deflate\r\n';

interface Sent {
  readonly from: Side;
  readonly bytes: Uint8Array;
}

function handshake(extra: string): Sent[] {
  const request = `GET /chat HTTP/1.1\r\nHost: 127.0.0.2\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${extra}\r\n`;
  const response = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n${extra}\r\n`;
  return [
    { from: 'client', bytes: Buffer.from(request) },
    { from: 'server', bytes: Buffer.from(response) },
  ];
}

/** The fields of a frame, as text. */
type Fields = Readonly<Record<string, string>>;

const FIELDS = {
  from: 'tcp.srcport',
  fin: 'websocket.fin',
  rsv: 'websocket.rsv',
  pmc: 'websocket.pmc',
  opcode: 'websocket.opcode',
  mask: 'websocket.mask',
  length: 'websocket.payload_length',
  length16: 'websocket.payload_length_ext_16',
  length64: 'websocket.payload_length_ext_64',
  key: 'websocket.masking_key',
  text: 'websocket.payload.text',
  code: 'websocket.payload.close.status_code',
  reason: 'websocket.payload.close.reason',
  ping: 'websocket.payload.ping',
  pong: 'websocket.payload.pong',
} as const;

/** Returns the fields that tshark finds. There is one frame in each packet. */
async function dissected(sent: readonly Sent[]): Promise<Fields[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ws101-decoding-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'generated.pcap');
  writePcap(file, sent);
  const output = await run('tshark', [
    ...['-r', file, '-Y', 'websocket', '-T', 'fields', '-E', 'separator=/t', '-E', 'occurrence=f'],
    ...Object.values(FIELDS).flatMap(field => ['-e', field]),
  ]);
  return output
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      const columns = line.split('\t');
      return Object.fromEntries(Object.keys(FIELDS).map((name, i) => [name, columns[i] ?? '']));
    });
}

function decoded(sent: readonly Sent[]): WireItem[] {
  const decoder = new ConversationDecoder({ inflate });
  const items = sent.flatMap(event => decoder.push({ type: 'bytes', time: undefined, ...event }));
  return [...items, ...decoder.end()];
}

/** Returns what tshark should find in the header of a frame, from our fields. */
function headerOf(from: Side, header: Uint8Array): Fields {
  const fields = new Map(frameFields({ header }).map(field => [field.name, field]));
  const value = (name: FrameField['name']): string => String(fields.get(name)?.value ?? '');
  const extended = fields.get('extended payload length');
  return {
    from: from === 'client' ? '50000' : '80',
    fin: value('FIN'),
    opcode: value('opcode'),
    rsv: String(Number(`0b${value('RSV1')}${value('RSV2')}${value('RSV3')}`)),
    mask: value('MASK'),
    length: value('payload length'),
    length16: extended?.bits === 16 ? String(extended.value) : '',
    length64: extended?.bits === 64 ? String(extended.value) : '',
    key: fields.get('masking key')?.value.toString(16).padStart(8, '0') ?? '',
  };
}

function expected({ from, header, close, opcode, payload }: FrameItem): Fields {
  return {
    ...headerOf(from, header),
    code: close === undefined || close.code === 1005 ? '' : String(close.code),
    reason: close?.reason ?? '',
    ping: opcode === PING ? Buffer.from(payload).toString('hex') : '',
    pong: opcode === PONG ? Buffer.from(payload).toString('hex') : '',
  };
}

/** A small generator, so that a failure can be repeated. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const TEXTS = ['', 'hello', 'κόσμε 🌍', 'x'.repeat(125), 'y'.repeat(126), 'z'.repeat(300), '{"op":"subscribe"}'];

function randomFrames(count: number, next: (below: number) => number): Array<Sent & { readonly frame: RawFrame }> {
  const isOpen = { client: false, server: false };
  return Array.from({ length: count }, () => {
    const from = next(2) === 0 ? ('client' as const) : ('server' as const);
    const isControl = next(4) === 0;
    const lengths = [0, 1, 2, 125, 126, 127, 200, 1_000];
    const length = next(400) === 0 ? 65_536 + next(10_000) : lengths[next(lengths.length)]!;
    const isText = !isControl && !isOpen[from] && next(2) === 0;
    const payload = isText
      ? Buffer.from(TEXTS[next(TEXTS.length)]!)
      : Buffer.from(Array.from({ length: isControl ? Math.min(length, 125) : length }, () => next(256)));
    const fin = isControl || isText || next(3) > 0;
    const opcode = isControl ? [PING, PONG][next(2)]! : isText ? TEXT : isOpen[from] ? CONTINUATION : BINARY;
    if (!isControl) isOpen[from] = !fin;
    const frame = { fin, opcode, payload, maskingKey: from === 'client' ? next(2 ** 32) | 0 : undefined };
    return { from, frame, bytes: frameBytes(frame) };
  });
}

describe('our decoder and tshark', () => {
  test('find the same fields in 4000 frames', async () => {
    const sent = randomFrames(4_000, random(6_455));
    const close = Buffer.concat([Uint8Array.of(0x0f, 0xa1), Buffer.from('goodbye')]);
    const closes: Sent[] = [
      { from: 'client', bytes: frameBytes({ opcode: CLOSE, payload: close, maskingKey: 0x01020304 }) },
      { from: 'server', bytes: frameBytes({ opcode: CLOSE, payload: new Uint8Array(0) }) },
    ];
    const all = [...handshake(''), ...sent.map(({ from, bytes }) => ({ from, bytes })), ...closes];
    const items = decoded(all);
    const frames = items.filter(item => item.type === 'frame');
    expect(frames).toHaveLength(4_002);
    expect(items.filter(item => item.type === 'violation')).toEqual([]);
    const packets = await dissected(all);
    expect(packets).toHaveLength(4_002);
    for (const [i, { text, pmc, ...packet }] of packets.entries()) {
      const frame = frames[i]!;
      expect({ index: i, ...normal(packet) }).toEqual({ index: i, ...expected(frame) });
      if (frame.opcode === TEXT) expect(text).toBe(Buffer.from(frame.payload).toString());
    }
  });

  test('find the same fields in the headers of 1000 frames that break rules', async () => {
    const next = random(1_002);
    const sent = Array.from({ length: 1_000 }, () => {
      const from = next(2) === 0 ? ('client' as const) : ('server' as const);
      const payload = Buffer.alloc([0, 5, 125, 126, 300][next(5)]!, 'x');
      const lengthForm = (['minimal', '16', '64'] as const)[next(3)]!;
      const maskingKey = next(2) === 0 ? next(2 ** 32) | 0 : undefined;
      const [fin, rsv, opcode] = [next(2) === 0, next(8) << 4, next(16)];
      return { from, size: payload.length, bytes: frameBytes({ fin, rsv, opcode, payload, lengthForm, maskingKey }) };
    });
    const packets = await dissected([...handshake(''), ...sent]);
    expect(packets).toHaveLength(1_000);
    for (const [i, packet] of packets.entries()) {
      const { from, bytes, size } = sent[i]!;
      const header = headerOf(from, bytes.subarray(0, bytes.length - size));
      expect({ index: i, ...normal(packet) }).toMatchObject({ index: i, ...header });
    }
  });

  test('inflate the same messages', async () => {
    const next = random(7_692);
    const contexts = { client: createDeflateRaw(), server: createDeflateRaw() };
    const all: Sent[] = handshake(DEFLATE);
    for (let i = 0; i < 300; i++) {
      const from = next(2) === 0 ? 'client' : 'server';
      const text = `${TEXTS[next(TEXTS.length)]} message ${next(20)}`;
      const payload = await compressed(contexts[from], text);
      const maskingKey = from === 'client' ? next(2 ** 32) | 0 : undefined;
      all.push({ from, bytes: frameBytes({ opcode: TEXT, rsv: 0x40, payload, maskingKey }) });
    }
    for (const context of Object.values(contexts)) context.close();
    const items = decoded(all);
    const texts = items.filter(item => item.type === 'message').map(({ data }) => Buffer.from(data).toString());
    const packets = await dissected(all);
    expect(texts).toHaveLength(300);
    expect(packets.map(({ text }) => text)).toEqual(texts);
    expect(items.filter(item => item.type === 'frame').every(({ isCompressed }) => isCompressed)).toBe(true);
  });
});

/** tshark 4.0 prints 1, tshark 4.2 prints True; the reserved bits are hex digits; bytes may have colons. */
function normal(packet: Fields): Fields {
  const flag = (text: string | undefined): string => (text === 'True' ? '1' : text === 'False' ? '0' : (text ?? ''));
  const plain = (text: string | undefined): string => (text ?? '').replaceAll(':', '');
  const { fin, rsv, mask, key, ping, pong } = packet;
  return {
    ...packet,
    ...{
      fin: flag(fin),
      rsv: String(Number(rsv)),
      mask: flag(mask),
      key: plain(key),
      ping: plain(ping),
      pong: plain(pong),
    },
  };
}

async function compressed(context: ReturnType<typeof createDeflateRaw>, text: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const take = (piece: Buffer) => pieces.push(piece);
  context.on('data', take);
  context.write(text);
  await new Promise<void>(resolve => context.flush(zlib.Z_SYNC_FLUSH, () => resolve()));
  context.off('data', take);
  return Buffer.concat(pieces).subarray(0, -4);
}
