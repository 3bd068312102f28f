/** Web IDL: the properties of a class in JavaScript, and the conversion of arguments. */
import { toUSVString } from 'node:util';
import { invalidType, typeError } from '../errors.js';

/**
 * Sets the property attributes of a class as in a Web IDL interface.
 *
 * @param constants properties of both the class and its prototype
 */
export function defineInterface(
  interfaceClass: { readonly name: string; readonly prototype: object },
  constants: Readonly<Record<string, number>> = {},
): void {
  const { name, prototype } = interfaceClass;
  // "[[Enumerable]]: true" for attributes (§3.7.6) and operations (§3.7.7). Those of a class are not enumerable.
  for (const member of Object.getOwnPropertyNames(prototype)) {
    if (member !== 'constructor') Object.defineProperty(prototype, member, { enumerable: true });
  }
  // "{ [[Writable]]: false, [[Enumerable]]: true, [[Configurable]]: false }" for constants (§3.7.5).
  for (const [constant, value] of Object.entries(constants)) {
    Object.defineProperty(interfaceClass, constant, { value, enumerable: true });
    Object.defineProperty(prototype, constant, { value, enumerable: true });
  }
  // "The class string" (§3.7.3).
  Object.defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
}

/** @throws {TypeError} if the one argument that is required was not passed */
export function requireArgument(caller: string, passed: number): void {
  if (passed === 0) throw typeError(`${caller} requires 1 argument, got 0`);
}

/** Converts a value to a string without unpaired surrogates. */
export function toScalarString(value: unknown): string {
  // A template throws a TypeError for a symbol, as it should.
  return toUSVString(`${value}`);
}

/** Converts a value to an `unsigned short`. */
export function toUnsignedShort(value: unknown): number {
  // The conversion of typed arrays is the same: modulo 2^16, and 0 for NaN.
  return new Uint16Array([Number(value)])[0]!;
}

/**
 * Converts a value to an `[EnforceRange] unsigned short`.
 *
 * @throws {TypeError} if it is not a number from 0 to 65,535
 */
export function enforceUnsignedShort(name: string, value: unknown): number {
  const integer = Math.trunc(+(value as number));
  // Not >, because of NaN.
  if (!(integer >= 0 && integer <= 65_535)) throw invalidType(name, 'a number from 0 to 65535', value);
  return integer;
}

/** Converts a value to a `[Clamp] unsigned short`: the nearest integer in range, the even one of two. */
export function clampToUnsignedShort(value: unknown): number {
  const clamped = Math.min(Math.max(+(value as number), 0), 65_535);
  if (Number.isNaN(clamped)) return 0;
  const floor = Math.floor(clamped);
  const isHalf = clamped - floor === 0.5;
  return isHalf ? floor + (floor % 2) : Math.round(clamped);
}
