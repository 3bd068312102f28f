/**
 * Yields the lines of a stream in batches, one per chunk that completes a line. A caller that stops within a batch
 * knows how many lines are left over. A line ends with LF or CRLF; the last one may end with the stream. Nothing is
 * read until the next batch is requested.
 */
export async function* pipedLines(input: AsyncIterable<string>): AsyncGenerator<string[], undefined> {
  /** The pieces of an incomplete line. */
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
