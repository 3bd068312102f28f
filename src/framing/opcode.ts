/** The opcodes of frames (RFC 6455 §5.2, §11.8). */
export const OPCODE = {
  /** A fragment of a message, except the first. */
  CONTINUATION: 0x0,
  TEXT: 0x1,
  BINARY: 0x2,
  CLOSE: 0x8,
  PING: 0x9,
  PONG: 0xa,
} as const;

/** An opcode that RFC 6455 §5.2 defines. */
export type Opcode = (typeof OPCODE)[keyof typeof OPCODE];

/** "Control frames are identified by opcodes where the most significant bit of the opcode is 1" (§5.5). */
export function isControl(opcode: number): boolean {
  return (opcode & 0x8) !== 0;
}

/** "Opcodes 0x3-0x7 are reserved for further non-control frames", and 0xB-0xF for further control frames (§5.2). */
export function isReservedOpcode(opcode: number): boolean {
  return (opcode & 0x7) > 2;
}

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(OPCODE).map(([name, opcode]) => [opcode, name.toLowerCase()]),
);

/** Returns the RFC's name of an opcode, or for example `reserved 0x3`. */
export function opcodeName(opcode: number): string {
  return NAMES.get(opcode) ?? `reserved 0x${opcode.toString(16)}`;
}
