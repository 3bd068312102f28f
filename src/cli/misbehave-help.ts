import { MISBEHAVE_KINDS } from '../tools/index.js';
import type { Side } from '../wire/index.js';
import { paragraph } from './paragraph.js';

const OPTIONS = `      --close-code N         the code of close-at-once and close-code-reserved
      --close-reason TEXT    the reason of close-at-once
      --delay S              the seconds that accept-late, close-late, slow-head
                             and slow-byte wait
      --count N              the number of frames of a flood
  -h, --help                 print this text
`;

/** The output of `--misbehave KIND --help`, in at most 80 columns. */
export const MISBEHAVE_HELP: Readonly<Record<Side, string>> = {
  server: `ws101 serve --misbehave: a server that misbehaves, to test clients

Usage
  ws101 serve --misbehave KIND [options]
  ws101 serve --misbehave list   what each kind does, and what a correct client
                                 does about it

Options
      --host H               address to listen on (default 127.0.0.1)
      --port N               port to listen on, 0 for a free one (default 9001)
${OPTIONS}
  Apart from its kind, the server behaves: it echoes messages, answers Pings and
  Close frames, and agrees to the first subprotocol offered.

  For each connection that has ended, it prints what the client did: the first
  line of its request, its Close frame, and how it ended TCP.

Exit codes
  0  stopped by Ctrl-C or SIGTERM
  1  could not listen
  2  the command line is wrong
`,
  client: `ws101 connect --misbehave: a client that misbehaves, to test servers

Usage
  ws101 connect --misbehave KIND [url] [options]
  ws101 connect --misbehave list   what each kind does, and what a correct
                                   server does about it

  url is ws://host[:port]/path. Without a url, the command starts an echo server
  on 127.0.0.1 and connects to it.

Options
${OPTIONS}
  When the connection has ended, or at Ctrl-C, the command prints what the
  server did: the first line of its response, its Close frame, and how it ended
  TCP.

Exit codes
  0  the connection has ended, whatever the server did
  1  could not connect
  2  the command line is wrong
`,
};

/** The output of `--misbehave list`. */
export function kindList(side: Side, columns: number): string {
  const kinds = MISBEHAVE_KINDS.filter(({ by }) => by === 'both' || by === side);
  const other = side === 'server' ? 'client' : 'server';
  const lines: string[] = [];
  let current: string | undefined;
  for (const { kind, act, does, expected, section } of kinds) {
    if (act !== current) lines.push(...(current === undefined ? [] : ['']), title(act));
    current = act;
    lines.push(`  ${kind} (${section})`);
    for (const sentence of [`The ${side} ${does}.`, `A correct ${other} ${expected}.`]) {
      lines.push(...paragraph(withOptions(sentence), columns, '      '));
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Replaces the names of options in the library by those of the command. */
export function withOptions(sentence: string): string {
  return sentence.replace(/`(code|reason)`/g, '--close-$1').replace(/`(delay|count)`/g, '--$1');
}

function title(act: string): string {
  return `${act[0]!.toUpperCase()}${act.slice(1)}`;
}
