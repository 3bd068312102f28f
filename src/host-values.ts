/**
 * What a value is, whichever realm made it.
 *
 * `instanceof` knows only the classes of its own realm. A library that runs in a context of node:vm, as it does under Jest, gets the
 * Buffers, Blobs, errors and promises of another realm from Node and from its users. So src/ asks for these by what they are or do:
 * a test in test/architecture.test.ts enforces it.
 */

/** Returns the name of the class of a typed array, from a slot that neither a subclass nor a Proxy can change. */
const nameOfTypedArray = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)!.get!;

/** A Buffer is one, too. */
export function isUint8Array(value: unknown): value is Uint8Array {
  return nameOfTypedArray.call(value) === 'Uint8Array';
}

/** A File is one, too. */
export function isBlob(value: unknown): value is Blob {
  if (typeof value !== 'object' || value === null) return false;
  const { size, type, arrayBuffer } = value as Partial<Blob>;
  return typeof size === 'number' && typeof type === 'string' && typeof arrayBuffer === 'function';
}

/** Whether it is an Error, or a DOMException. */
export function isError(value: unknown): value is Error {
  if (typeof value !== 'object' || value === null) return false;
  const { name, message } = value as Partial<Error>;
  return typeof name === 'string' && typeof message === 'string';
}

/** Whether it is an AggregateError, as Node throws if no address of a host could be connected to. */
export function isAggregateError(value: unknown): value is AggregateError {
  return isError(value) && Array.isArray((value as Partial<AggregateError>).errors);
}

/** Whether it can be awaited. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return typeof (value as Partial<PromiseLike<unknown>>).then === 'function';
}
