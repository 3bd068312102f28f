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

/** What tshark makes of all that went over a port of loopback. */
export interface Dissection {
  readonly frames: readonly CapturedFrame[];
  readonly texts: readonly string[];
  readonly closes: ReadonlyArray<{ readonly code: number; readonly reason: string }>;
  /** What tshark complains of, at any layer: malformed packets, resets, and its other "expert information" from warnings up. */
  readonly complaints: readonly string[];
}

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

  /** Ends the capture when all that has been sent so far is in it, and has it read. */
  async dissect(): Promise<Dissection> {
    await this.#probe();
    await this.#tshark.stop('SIGINT');
    const rows = await this.#read('websocket', [
      'tcp.srcport',
      'websocket.fin',
      'websocket.rsv',
      'websocket.opcode',
      'websocket.mask',
      'websocket.payload_length',
      'websocket.payload_length_ext_16',
      'websocket.payload_length_ext_64',
    ]);
    const texts = await this.#read('websocket.payload.text', ['websocket.payload.text']);
    const closes = await this.#read('websocket.payload.close', [
      'websocket.payload.close.status_code',
      'websocket.payload.close.reason',
    ]);
    const complaints = await this.#read('_ws.malformed || _ws.expert.severity >= 0x600000', [
      '_ws.expert.message',
      '_ws.malformed',
    ]);
    return {
      frames: rows.flatMap(row => framesOf(row, this.#port)),
      texts: texts.flatMap(([column = []]) => column),
      closes: closes.map(([[code = ''] = [], [reason = ''] = []]) => ({ code: Number(code), reason })),
      // That a sender filled its receiver's window is no fault of anyone's.
      complaints: complaints.flat(2).filter(message => !message.startsWith('TCP window')),
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

  /** The packets that `filter` names: of each the fields, of each field what it holds, once for every frame in the packet. */
  async #read(filter: string, fields: readonly string[]): Promise<string[][][]> {
    const output = await run('tshark', [
      ...['-r', this.#file, '-d', `tcp.port==${this.#port},http`, '-Y', filter],
      ...['-T', 'fields', '-E', 'separator=/t', '-E', 'occurrence=a', '-E', 'aggregator=\x1f'],
      ...fields.flatMap(field => ['-e', field]),
    ]);
    const lines = output.split('\n').filter(line => line !== '');
    return lines.map(line => line.split('\t').map(column => (column === '' ? [] : column.split('\x1f'))));
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

function framesOf(columns: readonly (readonly string[])[], port: number): CapturedFrame[] {
  const [[source] = [], fin = [], rsv = [], opcode = [], mask = [], length = [], length16 = [], length64 = []] =
    columns;
  const longer = { 126: [...length16], 127: [...length64] };
  return opcode.map((_, index) => {
    const short = Number(length[index]);
    const extended = short === 126 || short === 127 ? Number(longer[short].shift()) : short;
    return {
      fin: isTrue(fin[index]),
      rsv: Number(rsv[index]),
      opcode: Number(opcode[index]),
      masked: isTrue(mask[index]),
      length: extended,
      from: Number(source) === port ? 'server' : 'client',
    };
  });
}

/** tshark 4.0 prints 1, and 4.2 prints True. */
function isTrue(text: string | undefined): boolean {
  return text === '1' || text === 'True';
}
