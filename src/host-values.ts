/**
 * Recognises values of any realm.
 *
 * `instanceof` knows only the classes of its own realm. A library that runs in a context of node:vm, as under Jest,
 * gets Buffers, Blobs, errors and promises of another realm from Node and from its users. So src/ recognises these
 * values by their properties and methods. test/architecture.test.ts enforces it.
 */

/** Returns a getter of all typed arrays. It reads an internal slot, which no property, subclass or Proxy can change. */
function slotGetter(name: string | symbol): (this: unknown) => unknown {
  return Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), name)!.get!;
}

const classNameOf = slotGetter(Symbol.toStringTag);
const lengthOf = slotGetter('length');
const bufferOf = slotGetter('buffer');
const byteOffsetOf = slotGetter('byteOffset');
const byteLengthOf = slotGetter('byteLength');

/**
 * Returns true for a Buffer, too. Returns false if `length` is not the true length, since reading that many bytes would
 * go past the end.
 */
export function isUint8Array(value: unknown): value is Uint8Array {
  return classNameOf.call(value) === 'Uint8Array' && lengthOf.call(value) === (value as Uint8Array).length;
}

/** Returns the bytes of a view, whatever its properties say. */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  if (classNameOf.call(view) === undefined) return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return new Uint8Array(
    bufferOf.call(view) as ArrayBuffer,
    byteOffsetOf.call(view) as number,
    byteLengthOf.call(view) as number,
  );
}

/** Returns true for a File, too. */
export function isBlob(value: unknown): value is Blob {
  if (typeof value !== 'object' || value === null) return false;
  const { size, type, arrayBuffer } = value as Partial<Blob>;
  return Number.isSafeInteger(size) && size! >= 0 && typeof type === 'string' && typeof arrayBuffer === 'function';
}

/** Returns true for an Error and for a DOMException. */
export function isError(value: unknown): value is Error {
  if (typeof value !== 'object' || value === null) return false;
  const { name, message } = value as Partial<Error>;
  return typeof name === 'string' && typeof message === 'string';
}

/** Node throws an AggregateError if it could not connect to any address of a host. */
export function isAggregateError(value: unknown): value is AggregateError {
  return isError(value) && Array.isArray((value as Partial<AggregateError>).errors);
}

/** Returns whether `value` has a `then()`. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return typeof (value as Partial<PromiseLike<unknown>>).then === 'function';
}

/** Returns whether `value` has the properties of a URL. */
export function isUrl(value: unknown): value is URL {
  const { href, searchParams } = Object(value) as Partial<URL>;
  return typeof href === 'string' && typeof searchParams === 'object';
}
