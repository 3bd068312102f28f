/** Decodes percent-encoded UTF-8. Returns undefined if it is something else. */
export function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
