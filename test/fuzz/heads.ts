/** The opening handshake under hostile heads, from both sides. */
import { Buffer } from 'node:buffer';
import { HandshakeError } from '../../src/errors.js';
import { parseExtensions, serializeExtensions } from '../../src/handshake/extension-header.js';
import {
  type Agreement,
  acceptRequest,
  ClientHandshake,
  encodeRefusal,
  encodeRequestHead,
  encodeResponseHead,
  type HeadLimits,
  type Http1UpgradeRequest,
  judgeRequest,
  Refusal,
  requestHeadOf,
  ServerHandshake,
  type ServerHandshakeOptions,
  UpgradePolicy,
} from '../../src/handshake/index.js';
import { SAMPLE_KEY } from '../handshake/requests.js';
import * as grammar from './head-grammar.js';
import { joined, mutateBytes } from './mutate-bytes.js';
import { readByNode } from './node-http.js';
import { allocatedBy, byteByByte, expectLinearTime, expectSame, expectThat, segmentations } from './oracles.js';
import type { Target } from './target.js';

/** The first byte of an input chooses the side that reads it, and its settings; the others are what it reads. */
const IS_RESPONSE = 0x01;
const HAS_SMALL_LIMITS = 0x02;
const POLICY_BITS = 2;

const SMALL_LIMITS = { maxHeadSize: 600, maxHeaderLines: 12 };
const POLICIES: readonly ServerHandshakeOptions[] = [
  { origins: '*' },
  {},
  { origins: ['https://a', 'null', 'https://*.example.com'], hosts: ['a', 'server.example.com:80', '*.a'] },
  { path: '/chat' },
];

const OFFER = { subprotocols: ['chat', 'superchat'], extensions: [{ name: 'permessage-deflate', parameters: [] }] };

export const heads: Target = {
  name: 'heads',

  generate(random) {
    const settings = random.word() & 0xff;
    const head = settings & IS_RESPONSE ? grammar.response(random) : grammar.request(random);
    return joined(Uint8Array.of(settings), Buffer.from(head, 'latin1'));
  },

  mutate(input, random) {
    if (input.length === 0 || random.oneIn(3)) return mutateBytes(input, 0, random);
    const head = Buffer.from(input.subarray(1)).toString('latin1');
    const changed = grammar.mutateHead(head, (input[0]! & IS_RESPONSE) === 0, random);
    return joined(input.subarray(0, 1), Buffer.from(changed, 'latin1'));
  },

  async check(input, patience) {
    const settings = input[0] ?? 0;
    const bytes = input.subarray(1);
    const limits = settings & HAS_SMALL_LIMITS ? SMALL_LIMITS : {};
    if (settings & IS_RESPONSE) return checkResponse(bytes, limits, patience);
    return checkRequest(bytes, { ...limits, ...POLICIES[(settings >> POLICY_BITS) & 3] }, patience);
  },
};

/** The most that may come without an outcome. */
function limitOf(options: HeadLimits): number {
  return options.maxHeadSize ?? 16_384;
}

async function checkRequest(bytes: Uint8Array, options: ServerHandshakeOptions, patience: number): Promise<string> {
  const outcome = sameInEverySegmentation(() => new ServerHandshake(options), bytes, shownRequest);
  keepsToItsBudget(() => new ServerHandshake(options), bytes, limitOf(options), patience);
  if (outcome === undefined) return 'more';
  if (outcome instanceof Refusal) return checkRefusal(outcome);
  checkAccepted(outcome, options);
  return `accepted ${outcome.extensions.length > 0} ${outcome.subprotocols.length > 0} ${outcome.expectsContinue}`;
}

/** Feeds a handshake until it has an outcome. What comes behind belongs to the connection, and is kept for comparison. */
function read<Outcome>(handshake: Reader<Outcome>, chunks: readonly Uint8Array[]): [Outcome | undefined, rest: Buffer] {
  for (const [index, chunk] of chunks.entries()) {
    const outcome = handshake.receive(chunk);
    if (outcome !== undefined) return [outcome, Buffer.concat([handshake.rest, ...chunks.slice(index + 1)])];
  }
  return [undefined, Buffer.alloc(0)];
}

interface Reader<Outcome> {
  receive(chunk: Uint8Array): Outcome | undefined;
  readonly rest: Uint8Array;
}

function sameInEverySegmentation<Outcome>(
  create: () => Reader<Outcome>,
  bytes: Uint8Array,
  shown: (outcome: Outcome | undefined, rest: Buffer, handshake: Reader<Outcome>) => unknown,
): Outcome | undefined {
  let first: { readonly outcome: Outcome | undefined; readonly shown: unknown } | undefined;
  for (const [how, chunks] of segmentations(bytes)) {
    const handshake = create();
    const [outcome, rest] = read(handshake, chunks);
    const now = { outcome, shown: shown(outcome, rest, handshake) };
    first ??= now;
    expectSame('one outcome for every segmentation', now.shown, first.shown, how);
  }
  return first?.outcome;
}

/** Memory and time: an outcome comes before the limit is passed, and what it took grows with what came. */
function keepsToItsBudget(create: () => Reader<unknown>, bytes: Uint8Array, limit: number, patience: number): void {
  const chunks = byteByByte(bytes);
  let taken = 0;
  const allocated = allocatedBy(() => {
    const handshake = create();
    while (taken < chunks.length && handshake.receive(chunks[taken++]!) === undefined);
  });
  // Growing by doubling asks for at most four times what came, and each block begins with 256 bytes.
  const allowed = 4 * taken + 4_096;
  expectThat('memory by what came', allocated <= allowed, `${taken} bytes took ${allocated} bytes of memory`);
  expectLinearTime(bytes.length, patience, () => void read(create(), chunks));
  expectLinearTime(bytes.length, patience, () => void read(create(), [bytes]));
  if (bytes.length <= limit) return;
  const handshake = create();
  const [outcome] = read(handshake, chunks.slice(0, limit + 1));
  const hasHead = outcome !== undefined || (handshake instanceof ClientHandshake && handshake.response !== undefined);
  expectThat('the limit of a head', hasHead, `${limit + 1} bytes, and still no head`);
}

function shownRequest(outcome: Http1UpgradeRequest | Refusal | undefined, rest: Buffer): unknown {
  if (!(outcome instanceof Refusal)) return { ...outcome, headers: outcome?.headers.lines, rest };
  return { status: outcome.status, body: outcome.body, headers: outcome.headers.lines, head: outcome.answersHead };
}

/** A refusal is a complete response, harmless to whoever prints it, and the last one on its connection. */
async function checkRefusal(refusal: Refusal): Promise<string> {
  const bytes = encodeRefusal(refusal);
  const byNode = await readByNode(bytes, refusal.answersHead ? 'HEAD' : 'GET').catch((error: Error) => error);
  const isRead = !(byNode instanceof Error);
  expectThat('a refusal is a whole response', isRead, `${byNode}: ${Buffer.from(bytes).toString('latin1')}`);
  if (!isRead) return '';
  expectSame(
    'a refusal is a whole response',
    [byNode.status, byNode.reason, byNode.body],
    [refusal.status, refusal.reason, refusal.answersHead ? '' : refusal.body],
  );
  const connection = byNode.rawHeaders.at(byNode.rawHeaders.indexOf('Connection') + 1) ?? '';
  expectThat('a refusal ends the connection', /^close\b/.test(connection), `Connection: ${connection}`);
  expectPrintable(refusal.body.replace(/\n/g, ''));
  return `refused ${refusal.status} ${kindOf(refusal.body)}`;
}

/** What passes once passes again, by every door there is; and the 101 that answers it satisfies the client that asked. */
function checkAccepted(request: Http1UpgradeRequest, options: ServerHandshakeOptions): void {
  const { method, target, headers } = request;
  const shown = shownRequest(request, Buffer.alloc(0));
  const again = new ServerHandshake(options).receive(encodeRequestHead({ method, target, version: '1.1', headers }));
  expectSame('what passes, passes again', shownRequest(again, Buffer.alloc(0)), shown);

  const parsed = { method, url: target, httpVersion: '1.1', rawHeaders: headers.lines.flat() };
  const { path, origins, hosts } = options;
  const attached = judgeRequest(requestHeadOf(parsed), new UpgradePolicy({ path, origins, hosts }));
  expectSame('attached to node:http the same rules hold', shownRequest(attached, Buffer.alloc(0)), shown);

  const { extensions, subprotocols } = request;
  if (extensions.length > 0) {
    expectSame(
      'extensions are read as they are written',
      parseExtensions([serializeExtensions(extensions)]),
      extensions,
    );
  }
  const accepted = {
    subprotocol: subprotocols.at(-1),
    extensions: extensions.filter(({ name }, at) => extensions.findIndex(other => other.name === name) === at),
  };
  const client = new ClientHandshake(
    { host: request.host, target: `${request.path}?${request.query}`, subprotocols, extensions },
    request.key,
  );
  const agreement = client.receive(acceptRequest(request, accepted));
  expectThat('our 101 satisfies the client', agreement !== undefined && !(agreement instanceof Error), `${agreement}`);
  const { subprotocol, extensions: agreed } = agreement as Agreement;
  expectSame('our 101 says what was agreed', [subprotocol, agreed], [accepted.subprotocol ?? '', accepted.extensions]);
}

function checkResponse(bytes: Uint8Array, limits: ServerHandshakeOptions, patience: number): string {
  const create = () => new ClientHandshake({ host: 'a', target: '/', ...OFFER, ...limits }, SAMPLE_KEY);
  const ended = (outcome: Agreement | HandshakeError | undefined, handshake: Reader<unknown>) =>
    outcome ?? (handshake as ClientHandshake).end();
  const outcome = sameInEverySegmentation(create, bytes, (given, rest, handshake) => {
    const final = ended(given, handshake);
    return final instanceof HandshakeError ? shownError(final) : { ...final, headers: final.headers.lines, rest };
  });
  keepsToItsBudget(create, bytes, limitOf(limits), patience);
  if (outcome === undefined) return 'more';
  if (outcome instanceof HandshakeError) {
    expectPrintable(outcome.message + outcome.hint);
    expectSame('who is at fault', [outcome.fault, outcome.phase], ['peer', 'response']);
    return `failed ${outcome.status} ${kindOf(outcome.message)} ${outcome.hint}`;
  }
  const { headers } = outcome;
  const again = create().receive(encodeResponseHead({ version: '1.1', status: 101, reason: '', headers }));
  expectSame('what is agreed, is agreed again', again, outcome);
  return `agreed ${outcome.subprotocol} ${outcome.extensions.length}`;
}

function shownError({ message, status, headers, body, hint }: HandshakeError): unknown {
  return { message, status, headers, body: Buffer.from(body), hint };
}

/** What the peer sent must not speak to the terminal of whoever reads about it. */
function expectPrintable(text: string): void {
  expectThat('words for people are printable', !/[\0-\x1f\x7f-\x9f]/.test(text), JSON.stringify(text));
}

/** A message without what came from the peer. */
function kindOf(message: string): string {
  return message
    .replace(/"(?:[^"\\]|\\.)*"/g, '')
    .replace(/\d+/g, '')
    .slice(0, 120);
}
