import { Protocol, type ProtocolHandler, type ProtocolOptions, type Role } from '../../src/protocol/index.js';
import { framesOf, show } from './frames.js';

/** A Protocol whose events and output are recorded as text. */
export class ProtocolLog {
  readonly protocol: Protocol;
  readonly events: string[] = [];
  /** Called for each event, after it was recorded. */
  react: (event: string) => void = () => {};

  constructor(role: Role, options: ProtocolOptions = {}) {
    const note = (event: string) => {
      this.events.push(event);
      this.react(event);
    };
    const handler: ProtocolHandler = {
      message: data =>
        note(typeof data === 'string' ? `text ${JSON.stringify(data)}` : `binary ${Buffer.from(data).toString('hex')}`),
      compressedMessage: (bytes, isText) =>
        note(`compressed ${isText ? 'text' : 'binary'} ${Buffer.from(bytes).toString('hex')}`),
      ping: payload => note(`ping ${JSON.stringify(Buffer.from(payload).toString())}`),
      pong: payload => note(`pong ${JSON.stringify(Buffer.from(payload).toString())}`),
      closeReceived: (code, reason) => note(`close ${code} ${JSON.stringify(reason)}`),
      failed: error => note(`failed ${error.closeCode} ${error.violation.code}`),
    };
    this.protocol = new Protocol(role, handler, options);
  }

  receive(...pieces: Uint8Array[]): this {
    this.protocol.receive(Buffer.concat(pieces));
    return this;
  }

  /** Returns the events since the last call. */
  takeEvents(): string[] {
    return this.events.splice(0);
  }

  /** Returns the frames to send since the last call. */
  takeFrames(): string[] {
    return framesOf(this.protocol.role, ...this.protocol.takeOutput()).map(show);
  }
}
