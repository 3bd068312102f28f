/** Where neither the stream nor COLUMNS says how wide it is. */
const DEFAULT_COLUMNS = 100;

/** How many columns a line written to `stream` may take: the width of the terminal, else what COLUMNS says, else 100. */
export function columnsOf(
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  env: Readonly<Record<string, string | undefined>>,
): number {
  if (stream.isTTY === true && stream.columns !== undefined && stream.columns > 0) return stream.columns;
  const { COLUMNS = '' } = env;
  return /^[1-9]\d{0,3}$/.test(COLUMNS) ? Number(COLUMNS) : DEFAULT_COLUMNS;
}
