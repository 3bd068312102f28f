/** `ws101/tools`: what tests and diagnoses WebSocket endpoints. */

export {
  type DoctorOptions,
  type DoctorReport,
  doctor,
  isSecretHeader,
  type Stage,
  type StageDetail,
  type StepLimits,
  withoutSecrets,
} from './doctor/index.js';
export { inflate } from './inflate.js';
export {
  type InspectedConnection,
  type Inspector,
  type InspectorOptions,
  inspector,
  type SendByHand,
} from './inspector/inspector.js';
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
