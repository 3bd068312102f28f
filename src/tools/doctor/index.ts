/** Finds out why a WebSocket does not work. */
export { type DoctorReport, doctor } from './doctor.js';
export type { DoctorOptions, StepLimits } from './options.js';
export type { Stage } from './stages.js';
