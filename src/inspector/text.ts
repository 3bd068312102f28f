/** Texts for numbers, times and bytes. No DOM. */

const decoder = new TextDecoder();

/** For example `1,024 B`, `12.3 kB`. */
export function sizeText(bytes: number): string {
  if (bytes < 10_000) return `${countText(bytes)} B`;
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, 'kB'] : bytes < 1e9 ? [bytes / 1e6, 'MB'] : [bytes / 1e9, 'GB'];
  return `${value < 100 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** For example `12,345`. */
export function countText(count: number): string {
  return String(Math.round(count)).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** Counts things: `1 frame`, `2 frames`. */
export function plural(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Seconds since `start`, to the millisecond, for example `+1.204`. */
export function offsetText(time: number | undefined, start: number | undefined): string {
  return time === undefined || start === undefined ? '' : `+${((time - start) / 1000).toFixed(3)}`;
}

/** For example `1.24 ms`, `3.1 s`. */
export function durationText(milliseconds: number): string {
  if (milliseconds < 10) return `${milliseconds.toFixed(2)} ms`;
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

export function hexPair(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

/** One line of a hex dump: the offset, 16 bytes, and the printable ones as text. */
export function hexLine(bytes: Uint8Array, at: number, columns = 16): string {
  const row = bytes.subarray(at, at + columns);
  const half = columns / 2;
  const hex = Array.from(row, (byte, i) => (i === half ? ` ${hexPair(byte)}` : hexPair(byte))).join(' ');
  const ascii = Array.from(row, byte => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('');
  return `${at.toString(16).padStart(6, '0')}  ${hex.padEnd(columns * 3)}  ${ascii}`;
}

/** The start of some bytes in one line: as text if they are text, otherwise as hex. */
export function preview(bytes: Uint8Array, isText: boolean, limit = 200): string {
  const start = bytes.subarray(0, limit);
  if (isText) return visible(decoder.decode(start));
  return Array.from(start.subarray(0, 48), hexPair).join(' ');
}

/** Shows control characters, and characters that change the direction of text, as symbols or escapes. */
export function visible(text: string): string {
  return text
    .replaceAll(/[\u0000-\u001f\u007f]/g, character => {
      const code = character.charCodeAt(0);
      return code === 0x7f ? '␡' : String.fromCharCode(0x2400 + code);
    })
    .replaceAll(/[\u0080-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, character => {
      return `\\u{${character.charCodeAt(0).toString(16)}}`;
    });
}
