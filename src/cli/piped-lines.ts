/**
 * The lines of a stream, batch by batch as its chunks come: batches, so that who stops in the middle knows what is left over. A line
 * ends with LF or CRLF; the last one may end with the stream. No more is read until the next batch is asked for.
 */
export async function* pipedLines(input: AsyncIterable<string>): AsyncGenerator<string[], undefined> {
  /** The pieces of a line whose end has not come. */
  let pieces: string[] = [];
  for await (const chunk of input) {
    const end = chunk.lastIndexOf('\n');
    if (end === -1) {
      pieces.push(chunk);
    } else {
      yield splitLines(pieces.join('') + chunk.slice(0, end));
      pieces = [chunk.slice(end + 1)];
    }
  }
  const last = pieces.join('');
  if (last !== '') yield splitLines(last);
}

function splitLines(text: string): string[] {
  return text.split('\n').map(line => (line.endsWith('\r') ? line.slice(0, -1) : line));
}
