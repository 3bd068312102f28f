/**
 * What a value is, whichever realm made it.
 *
 * `instanceof` knows only the classes of its own realm. A library that runs in a context of node:vm, as it does under Jest, gets the
 * Buffers, Blobs, errors and promises of another realm from Node and from its users. So src/ asks for these by what they are or do:
 * a test in test/architecture.test.ts enforces it.
 */

/** A getter of all typed arrays. It reads a slot that neither a property of the object, nor a subclass, nor a Proxy can change. */
function slotOfTypedArrays(name: string | symbol): (this: unknown) => unknown {
  return Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), name)!.get!;
}

const classNameOf = slotOfTypedArrays(Symbol.toStringTag);
const lengthOf = slotOfTypedArrays('length');
const bufferOf = slotOfTypedArrays('buffer');
const byteOffsetOf = slotOfTypedArrays('byteOffset');
const byteLengthOf = slotOfTypedArrays('byteLength');

/** A Buffer is one, too. One that does not tell its true length is none: more would be read than it has. */
export function isUint8Array(value: unknown): value is Uint8Array {
  return classNameOf.call(value) === 'Uint8Array' && lengthOf.call(value) === (value as Uint8Array).length;
}

/** The bytes of a view, whatever its properties tell. */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  if (classNameOf.call(view) === undefined) return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return new Uint8Array(
    bufferOf.call(view) as ArrayBuffer,
    byteOffsetOf.call(view) as number,
    byteLengthOf.call(view) as number,
  );
}

/** A File is one, too. */
export function isBlob(value: unknown): value is Blob {
  if (typeof value !== 'object' || value === null) return false;
  const { size, type, arrayBuffer } = value as Partial<Blob>;
  return Number.isSafeInteger(size) && size! >= 0 && typeof type === 'string' && typeof arrayBuffer === 'function';
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
