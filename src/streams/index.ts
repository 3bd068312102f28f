/** ws101/streams: a connection as a stream of Node.js. */
export { type DuplexOptions, toDuplex } from './to-duplex.js';
