import { mkdtemp, readFile, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { Program, run } from './program.js';

/** A WebSocket frame as read by tshark. */
export interface CapturedFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  readonly length: number;
  readonly from: 'client' | 'server';
}

/** What tshark reports about a connection. */
export interface Dissection {
  readonly frames: readonly CapturedFrame[];
  readonly texts: readonly string[];
  readonly closes: ReadonlyArray<{ readonly code: number; readonly reason: string }>;
  /**
   * Complaints of tshark at any layer: malformed packets, resets, and "expert information" of severity note or above.
   */
  readonly complaints: readonly string[];
}

/** Returns the values of a field of a packet, one for each frame in the packet. */
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

/** A capture of one port on the loopback interface by tshark. Needs the privilege to capture, which root has. */
export class Capture {
  readonly #tshark: Program;
  readonly #file: string;
  readonly #port: number;

  private constructor(tshark: Program, file: string, port: number) {
    this.#tshark = tshark;
    this.#file = file;
    this.#port = port;
  }

  /** Resolves when packets of this port are captured. */
  static async start(port: number): Promise<Capture> {
    const folder = await mkdtemp(join(tmpdir(), 'ws101-capture-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'loopback.pcapng');
    const tshark = Program.forTest('tshark', [
      ...['-i', 'lo', '-f', `tcp port ${port}`, '-w', file],
      // Prints the captured packets while it writes them to the file.
      ...['-P', '-l', '-T', 'fields', '-e', 'tcp.srcport'],
    ]);
    const capture = new Capture(tshark, file, port);
    await capture.#probe();
    return capture;
  }

  /** Waits until everything sent so far is captured, ends the capture, and reads the connection from `clientPort`. */
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

  /** Waits until everything sent so far is captured, ends the capture, and returns the file, in a format of editcap. */
  async file(format: 'pcapng' | 'pcap' | 'nsecpcap'): Promise<Uint8Array> {
    await this.#probe();
    await this.#tshark.stop('SIGINT');
    const copy = `${this.#file}.${format}`;
    await run('editcap', ['-F', format, this.#file, copy]);
    return readFile(copy);
  }

  /** Packets are captured in order: when a packet that is sent now is seen, all earlier ones were seen too. */
  async #probe(): Promise<void> {
    let isSeen = false;
    const attempts: string[] = [];
    while (!isSeen) {
      attempts.push(String(await touch(this.#port)));
      const seen = this.#tshark.line(new RegExp(`^(${attempts.join('|')})$`)).then(() => true);
      // If tshark ends, the latest attempt rejects. The rejections of earlier attempts must not count as unhandled.
      seen.catch(() => {});
      isSeen = await Promise.race([seen, wait(200, false)]);
    }
  }

  /** Returns the packets that match `filter`. */
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

/** Opens a TCP connection to the port and ends it. Returns its local port. */
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
  // Only frames that are long enough have these fields.
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
    // Full windows and late segments depend on the kernel and the load of the machine.
    return Number(severities[index]) >= NOTE && Number(groups[index]) !== SEQUENCE;
  });
  return [...(isTrue(packet('tcp.flags.reset')[0]) ? ['reset (RST)'] : []), ...packet('_ws.malformed'), ...warnings];
}

/** tshark 4.0 prints 1, tshark 4.2 prints True. */
function isTrue(text: string | undefined): boolean {
  return text === '1' || text === 'True';
}
