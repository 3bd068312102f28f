/** Readers and writers of captures. */
export { type Capture, CaptureError, type CaptureFormat } from './capture.js';
export { harOf } from './har-writer.js';
export { type PcapngConnection, PcapngWriter } from './pcapng-writer.js';
export { readCapture } from './read-capture.js';
export { type OpenEvent, recordLine } from './records.js';
