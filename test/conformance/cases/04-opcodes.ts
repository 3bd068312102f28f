import {
  type ConformanceCase,
  continuation,
  cutShort,
  echo,
  fails,
  frame,
  gets,
  more,
  ping,
  pong,
  sends,
  text,
} from '../conformance-case.js';

const NON_CONTROL = [3, 4, 5, 6, 7];
const CONTROL = [0xb, 0xc, 0xd, 0xe, 0xf];

/** "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_." (§5.2) */
export const opcodes: readonly ConformanceCase[] = [
  ...section(1, 'non-control', NON_CONTROL),
  ...section(2, 'control', CONTROL),

  fails(
    '4.3.1',
    'rejects a reserved control opcode between fragments (§5.2)',
    [sends(text('one', more)), sends(frame(0xb, 'invalid')), sends(continuation('two'))],
    1002,
  ),
  fails(
    '4.3.2',
    'rejects a reserved non-control opcode between fragments (§5.2)',
    [sends(text('one', more)), sends(frame(3, 'invalid')), sends(continuation('two'))],
    1002,
  ),
  fails('4.3.3', 'rejects a reserved opcode with FIN clear (§5.2)', [sends(frame(4, 'invalid', more))], 1002),
];

function section(group: number, name: string, values: readonly number[]): ConformanceCase[] {
  return values.flatMap((opcode, i) => [
    fails(
      `4.${group}.${3 * i + 1}`,
      `rejects the reserved ${name} opcode ${opcode}, empty (§5.2) [5.2-4] [7.1.7-5]`,
      [sends(frame(opcode))],
      1002,
    ),
    fails(
      `4.${group}.${3 * i + 2}`,
      `rejects the reserved ${name} opcode ${opcode} at its header (§5.2)`,
      [sends(cutShort(frame(opcode), 100))],
      1002,
    ),
    fails(
      `4.${group}.${3 * i + 3}`,
      `rejects the reserved ${name} opcode ${opcode} after valid frames, and answers nothing after it (§7.1.7)`,
      [
        ...echo(text('good')),
        sends(ping('good')),
        sends(frame(opcode, 'invalid')),
        sends(ping('after')),
        gets(pong('good')),
      ],
      1002,
    ),
  ]);
}
