/** The width if it is unknown and COLUMNS is not set. */
const DEFAULT_COLUMNS = 100;

/** Returns the width of an output in columns: that of the terminal, or COLUMNS, or 100. */
export function columnsOf(
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  env: Readonly<Record<string, string | undefined>>,
): number {
  if (stream.isTTY === true && stream.columns !== undefined && stream.columns > 0) return stream.columns;
  const { COLUMNS = '' } = env;
  return /^[1-9]\d{0,3}$/.test(COLUMNS) ? Number(COLUMNS) : DEFAULT_COLUMNS;
}
