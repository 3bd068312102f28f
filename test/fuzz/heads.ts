/** Fuzzes the opening handshake with hostile heads, in both roles. */
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
import { SAMPLE_KEY } from '../helpers/sample-heads.js';
import * as grammar from './head-grammar.js';
import { joined, mutateBytes } from './mutate-bytes.js';
import { readByNode } from './node-http.js';
import { allocatedBy, byteByByte, expectLinearTime, expectSame, expectThat, segmentations } from './oracles.js';
import type { Target } from './target.js';

/** The bits of an input's first byte: the role and settings. The other bytes are received. */
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

/** Returns how many bytes may arrive without an outcome. */
function limitOf(options: HeadLimits): number {
  return options.maxHeadSize ?? 16_384;
}

async function checkRequest(bytes: Uint8Array, options: ServerHandshakeOptions, patience: number): Promise<string> {
  const outcome = sameInEverySegmentation(() => new ServerHandshake(options), bytes, shownRequest);
  expectBoundedCost(() => new ServerHandshake(options), bytes, limitOf(options), patience);
  if (outcome === undefined) return 'more';
  if (outcome instanceof Refusal) return checkRefusal(outcome);
  checkAccepted(outcome, options);
  return `accepted ${outcome.extensions.length > 0} ${outcome.subprotocols.length > 0} ${outcome.expectsContinue}`;
}

/** Feeds a handshake until it has an outcome. Returns the outcome, and the bytes that belong to the connection. */
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
    expectSame('the outcome is the same in every segmentation', now.shown, first.shown, how);
  }
  return first?.outcome;
}

/** Memory and time grow with the input, and there is an outcome before the limit is exceeded. */
function expectBoundedCost(create: () => Reader<unknown>, bytes: Uint8Array, limit: number, patience: number): void {
  const chunks = byteByByte(bytes);
  let taken = 0;
  const allocated = allocatedBy(() => {
    const handshake = create();
    while (taken < chunks.length && handshake.receive(chunks[taken++]!) === undefined);
  });
  // A buffer that doubles allocates at most four times the input, and each block starts with 256 bytes.
  const allowed = 4 * taken + 4_096;
  expectThat(
    'allocated memory is bounded by the input',
    allocated <= allowed,
    `${taken} bytes, ${allocated} bytes of memory`,
  );
  expectLinearTime(bytes.length, patience, () => void read(create(), chunks));
  expectLinearTime(bytes.length, patience, () => void read(create(), [bytes]));
  if (bytes.length <= limit) return;
  const handshake = create();
  const [outcome] = read(handshake, chunks.slice(0, limit + 1));
  const hasHead = outcome !== undefined || (handshake instanceof ClientHandshake && handshake.response !== undefined);
  expectThat('a head is at most as long as the limit', hasHead, `${limit + 1} bytes without an outcome`);
}

function shownRequest(outcome: Http1UpgradeRequest | Refusal | undefined, rest: Buffer): unknown {
  if (!(outcome instanceof Refusal)) return { ...outcome, headers: outcome?.headers.lines, rest };
  return { status: outcome.status, body: outcome.body, headers: outcome.headers.lines, head: outcome.answersHead };
}

/** A refusal is a complete response, safe to print, and the last one on its connection. */
async function checkRefusal(refusal: Refusal): Promise<string> {
  const bytes = encodeRefusal(refusal);
  const byNode = await readByNode(bytes, refusal.answersHead ? 'HEAD' : 'GET').catch((error: Error) => error);
  const isRead = !(byNode instanceof Error);
  expectThat('a refusal is a complete response', isRead, `${byNode}: ${Buffer.from(bytes).toString('latin1')}`);
  if (!isRead) return '';
  expectSame(
    'a refusal is a complete response',
    [byNode.status, byNode.reason, byNode.body],
    [refusal.status, refusal.reason, refusal.answersHead ? '' : refusal.body],
  );
  const connection = byNode.rawHeaders.at(byNode.rawHeaders.indexOf('Connection') + 1) ?? '';
  expectThat('a refusal ends the connection', /^close\b/.test(connection), `Connection: ${connection}`);
  expectPrintable(refusal.body.replace(/\n/g, ''));
  return `refused ${refusal.status} ${kindOf(refusal.body)}`;
}

/** An accepted request is accepted again, also from node:http, and the client accepts the 101 that answers it. */
function checkAccepted(request: Http1UpgradeRequest, options: ServerHandshakeOptions): void {
  const { method, target, headers } = request;
  const shown = shownRequest(request, Buffer.alloc(0));
  const again = new ServerHandshake(options).receive(encodeRequestHead({ method, target, version: '1.1', headers }));
  expectSame('an accepted request is accepted again', shownRequest(again, Buffer.alloc(0)), shown);

  const parsed = { method, url: target, httpVersion: '1.1', rawHeaders: headers.lines.flat() };
  const { path, origins, hosts } = options;
  const attached = judgeRequest(requestHeadOf(parsed), new UpgradePolicy({ path, origins, hosts }));
  expectSame('the same rules apply to a node:http server', shownRequest(attached, Buffer.alloc(0)), shown);

  const { extensions, subprotocols } = request;
  if (extensions.length > 0) {
    expectSame(
      'serialized extensions parse to the same extensions',
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
  expectThat('the client accepts our 101', agreement !== undefined && !(agreement instanceof Error), `${agreement}`);
  const { subprotocol, extensions: agreed } = agreement as Agreement;
  expectSame(
    'our 101 contains what was negotiated',
    [subprotocol, agreed],
    [accepted.subprotocol ?? '', accepted.extensions],
  );
}

function checkResponse(bytes: Uint8Array, limits: ServerHandshakeOptions, patience: number): string {
  const create = () => new ClientHandshake({ host: 'a', target: '/', ...OFFER, ...limits }, SAMPLE_KEY);
  const ended = (outcome: Agreement | HandshakeError | undefined, handshake: Reader<unknown>) =>
    outcome ?? (handshake as ClientHandshake).end();
  const outcome = sameInEverySegmentation(create, bytes, (given, rest, handshake) => {
    const final = ended(given, handshake);
    return final instanceof HandshakeError ? shownError(final) : { ...final, headers: final.headers.lines, rest };
  });
  expectBoundedCost(create, bytes, limitOf(limits), patience);
  if (outcome === undefined) return 'more';
  if (outcome instanceof HandshakeError) {
    expectPrintable(outcome.message + outcome.hint);
    expectSame('the peer is at fault', [outcome.fault, outcome.phase], ['peer', 'response']);
    return `failed ${outcome.status} ${kindOf(outcome.summary)} ${outcome.hint}`;
  }
  const { headers } = outcome;
  const again = create().receive(encodeResponseHead({ version: '1.1', status: 101, reason: '', headers }));
  expectSame('an accepted response is accepted again', again, outcome);
  return `agreed ${outcome.subprotocol} ${outcome.extensions.length}`;
}

function shownError({ message, status, headers, body, hint }: HandshakeError): unknown {
  return { message, status, headers: headers.lines, body, hint };
}

/** Bytes from the peer must not control the terminal on which a text is printed. */
function expectPrintable(text: string): void {
  expectThat('texts for people are printable', !/[\0-\x1f\x7f-\x9f]/.test(text), JSON.stringify(text));
}

/** Returns a message without the parts that came from the peer. */
function kindOf(message: string): string {
  return message
    .replace(/"(?:[^"\\]|\\.)*"/g, '')
    .replace(/\d+/g, '')
    .slice(0, 120);
}
