import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { Program, run } from './program.js';

/** A WebSocket frame as tshark reads it. */
export interface CapturedFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  readonly length: number;
  readonly from: 'client' | 'server';
}

/** What tshark makes of a connection. */
export interface Dissection {
  readonly frames: readonly CapturedFrame[];
  readonly texts: readonly string[];
  readonly closes: ReadonlyArray<{ readonly code: number; readonly reason: string }>;
  /** What tshark complains of, at any layer: malformed packets, resets, and "expert information" from notes up. */
  readonly complaints: readonly string[];
}

/** A packet that tshark has read: of each field what it holds, once for every frame in the packet. */
type Packet = (field: string) => readonly string[];

const FRAME_FIELDS = [
  'tcp.srcport',
  'websocket.fin',
  'websocket.rsv',
  'websocket.opcode',
  'websocket.mask',
  'websocket.payload_length',
  'websocket.payload_length_ext_16',
  'websocket.payload_length_ext_64',
  'websocket.payload.text',
  'websocket.payload.close.status_code',
  'websocket.payload.close.reason',
];

const COMPLAINT_FIELDS = [
  'tcp.flags.reset',
  '_ws.malformed',
  '_ws.expert.group',
  '_ws.expert.severity',
  '_ws.expert.message',
];

/** Values of _ws.expert.severity and _ws.expert.group. */
const NOTE = 0x40_0000;
const SEQUENCE = 0x0200_0000;

/** A capture by tshark of one port of loopback. It needs the right to capture, which root has. */
export class Capture {
  readonly #tshark: Program;
  readonly #file: string;
  readonly #port: number;

  private constructor(tshark: Program, file: string, port: number) {
    this.#tshark = tshark;
    this.#file = file;
    this.#port = port;
  }

  /** Resolves once packets of this port really are seen. */
  static async start(port: number): Promise<Capture> {
    const folder = await mkdtemp(join(tmpdir(), 'ws101-capture-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'loopback.pcapng');
    const tshark = Program.forTest('tshark', [
      ...['-i', 'lo', '-f', `tcp port ${port}`, '-w', file],
      // Says which packets have come, while it writes them to the file.
      ...['-P', '-l', '-T', 'fields', '-e', 'tcp.srcport'],
    ]);
    const capture = new Capture(tshark, file, port);
    await capture.#probe();
    return capture;
  }

  /** Ends the capture when all that has been sent so far is in it, and has the connection from `clientPort` read. */
  async dissect(clientPort: number | undefined): Promise<Dissection> {
    await this.#probe();
    await this.#tshark.stop('SIGINT');
    const connection = `tcp.port == ${clientPort}`;
    const packets = await this.#read(`${connection} && websocket`, FRAME_FIELDS);
    const faulty = `${connection} && (_ws.expert || _ws.malformed || tcp.flags.reset == 1)`;
    return {
      frames: packets.flatMap(packet => framesOf(packet, this.#port)),
      texts: packets.flatMap(packet => packet('websocket.payload.text')),
      closes: packets.flatMap(closeOf),
      complaints: (await this.#read(faulty, COMPLAINT_FIELDS)).flatMap(complaintsOf),
    };
  }

  /** Packets are seen in their order: once one that we send now is seen, all before it are. */
  async #probe(): Promise<void> {
    let isSeen = false;
    const attempts: string[] = [];
    while (!isSeen) {
      attempts.push(String(await touch(this.#port)));
      const seen = this.#tshark.line(new RegExp(`^(${attempts.join('|')})$`)).then(() => true);
      // What tshark ends of is said by the latest attempt; nobody waits for the earlier ones any more.
      seen.catch(() => {});
      isSeen = await Promise.race([seen, wait(200, false)]);
    }
  }

  /** The packets that `filter` lets through. */
  async #read(filter: string, fields: readonly string[]): Promise<Packet[]> {
    const output = await run('tshark', [
      ...['-r', this.#file, '-d', `tcp.port==${this.#port},http`, '-Y', filter],
      ...['-T', 'fields', '-E', 'separator=/t', '-E', 'occurrence=a', '-E', 'aggregator=\x1f'],
      ...fields.flatMap(field => ['-e', field]),
    ]);
    const lines = output.split('\n').filter(line => line !== '');
    return lines.map(line => {
      const columns = line.split('\t');
      return field => columns[fields.indexOf(field)]?.split('\x1f').filter(value => value !== '') ?? [];
    });
  }
}

/** Opens a TCP connection to the port and ends it again. Gives the port that it came from. */
function touch(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1' });
    let from: number | undefined;
    socket.on('connect', () => {
      from = socket.localPort;
      socket.end();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(from));
    socket.resume();
  });
}

function framesOf(packet: Packet, port: number): CapturedFrame[] {
  const opcodes = packet('websocket.opcode');
  const [fin, rsv, mask] = [packet('websocket.fin'), packet('websocket.rsv'), packet('websocket.mask')];
  const length = packet('websocket.payload_length');
  // Only the frames that are long enough have these.
  const longer: Record<string, string[]> = {
    126: [...packet('websocket.payload_length_ext_16')],
    127: [...packet('websocket.payload_length_ext_64')],
  };
  return opcodes.map((opcode, index) => ({
    fin: isTrue(fin[index]),
    rsv: Number(rsv[index]),
    opcode: Number(opcode),
    masked: isTrue(mask[index]),
    length: Number(longer[length[index] ?? '']?.shift() ?? length[index]),
    from: packet('tcp.srcport')[0] === String(port) ? 'server' : 'client',
  }));
}

function closeOf(packet: Packet): Dissection['closes'] {
  const [code] = packet('websocket.payload.close.status_code');
  const [reason = ''] = packet('websocket.payload.close.reason');
  return code === undefined ? [] : [{ code: Number(code), reason }];
}

function complaintsOf(packet: Packet): string[] {
  const [groups, severities] = [packet('_ws.expert.group'), packet('_ws.expert.severity')];
  const warnings = packet('_ws.expert.message').filter((_, index) => {
    // Whether a window was full, or a segment came late, is between the kernel and how busy the machine is.
    return Number(severities[index]) >= NOTE && Number(groups[index]) !== SEQUENCE;
  });
  return [...(isTrue(packet('tcp.flags.reset')[0]) ? ['reset (RST)'] : []), ...packet('_ws.malformed'), ...warnings];
}

/** tshark 4.0 prints 1, and 4.2 prints True. */
function isTrue(text: string | undefined): boolean {
  return text === '1' || text === 'True';
}
