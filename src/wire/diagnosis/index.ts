/** Why a WebSocket does not work: facts in, causes and advice out. No I/O. */
export { diagnose } from './diagnose.js';
export type { Diagnosis } from './diagnosis.js';
export type * from './facts.js';
export { type Fixes, nameOf as nameOfProduct, productOf } from './fixes.js';
