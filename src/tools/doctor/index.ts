/** Finds out why a WebSocket does not work. */
export { type DoctorReport, doctor } from './doctor.js';
export type { DoctorOptions, StepLimits } from './options.js';
export { isSecretHeader, withoutSecrets } from './secrets.js';
export type { Stage, StageDetail, StageName } from './stages.js';
