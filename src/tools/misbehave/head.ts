/** A head that may break any rule. Lines end with CRLF. */
export interface Head {
  startLine: string;
  lines: string[];
}

/** Returns a head as latin1 text, with the empty line that ends it. */
export function headBytes({ startLine, lines }: Head): string {
  return `${[startLine, ...lines].join('\r\n')}\r\n\r\n`;
}

/** Adds header lines. */
export function add(head: Head, ...lines: string[]): void {
  head.lines.push(...lines);
}

/** Replaces the header line of this name by others, or removes it. */
export function replace(head: Head, name: string, ...lines: string[]): void {
  head.lines = [...head.lines.filter(line => !line.startsWith(`${name}:`)), ...lines];
}

/** Writes header names and tokens in unusual case. */
export function useOddCase(head: Head): void {
  head.lines = head.lines.map(line => {
    const [, name = '', value = ''] = /^([^:]*): (.*)$/s.exec(line)!;
    const odd = { Upgrade: 'WebSocket', Connection: 'keep-alive, UPGRADE' }[name] ?? value;
    return `${name.toUpperCase()}: ${odd}`;
  });
}

/** Adds headers of 1 MiB in all. */
export function addMebibyte(head: Head): void {
  add(head, ...Array.from({ length: 1_024 }, (_, i) => `X-${i}: ${'x'.repeat(1_010)}`));
}
