/** `ws101/tools`: what tests and diagnoses WebSocket endpoints. */

export { type DoctorOptions, type DoctorReport, doctor, type Stage, type StepLimits } from './doctor/index.js';
export type { MisbehaveAct, MisbehaveKind } from './misbehave/kind.js';
export { MISBEHAVE_KINDS } from './misbehave/kinds.js';
export {
  type MisbehaveServerOptions,
  type MisbehavingClient,
  type MisbehavingServer,
  misbehave,
  misbehavingClient,
} from './misbehave/misbehave.js';
export type { MisbehaveOptions, PeerReport } from './misbehave/options.js';
export type { TapListenOptions, TapOptions, TappedConnection } from './tap/options.js';
export { type Tap, tap } from './tap/tap.js';
