/** Uses an open connection as a client would, and notes what happens. */
import type { CloseInfo, WebSocketConnection } from '../../index.js';
import { ProtocolError } from '../../index.js';
import { clearTimeout, now, setTimeout } from '../../timers.js';
import type { SessionFacts, Step, Stop } from '../../wire/index.js';
import type { StepLimits } from './options.js';
import type { Recording } from './recording.js';

/** The payload of the Ping. */
const PAYLOAD = 'ws101';

export interface SessionPlan {
  readonly limits: StepLimits;
  /** The message to send, or ''. */
  readonly message: string;
  readonly idle: number;
  readonly onStep: (step: Step) => void;
}

/** Watches, pings, sends a message, idles and closes. Stops when the connection ends early. */
export async function useConnection(
  connection: WebSocketConnection,
  recording: Recording,
  { limits, message, idle, onStep }: SessionPlan,
): Promise<SessionFacts> {
  const opened = now();
  let step: Step = 'listen';
  let stepStart = opened;
  let messages = 0;
  let pingSent: number | undefined;
  let pong: number | undefined;
  let isOtherPong = false;
  let closeSent: number | undefined;
  let messageSent: number | undefined;
  let answer: number | undefined;
  let isEcho = false;
  let idled: number | undefined;
  let info: CloseInfo | undefined;
  let closedAt = 0;
  let wake = (): void => {};
  connection.on('message', data => {
    messages++;
    if (messageSent !== undefined && !isEcho) {
      answer ??= now() - messageSent;
      isEcho = data === message;
      if (isEcho) answer = now() - messageSent;
    }
    wake();
  });
  connection.on('pong', payload => {
    // "A Pong frame sent in response to a Ping frame must have identical "Application data"" (§5.5.3).
    if (pingSent !== undefined && payload.toString() === PAYLOAD) pong ??= now() - pingSent;
    else isOtherPong = pingSent !== undefined;
    wake();
  });
  const closed = connection.closed.then(result => {
    info = result;
    closedAt = now();
    wake();
  });
  const begin = (next: Step): void => {
    step = next;
    stepStart = now();
    onStep(next);
  };
  /** Waits until `isDone`, the connection ends, or `time` is over. */
  const wait = async (time: number, isDone: () => boolean): Promise<void> => {
    const end = now() + time;
    while (info === undefined && !isDone() && now() < end) {
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, Math.max(1, end - now()));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const isOpen = (): boolean => info === undefined && connection.state === 'open';

  await wait(limits.listen, () => false);
  if (isOpen()) {
    begin('ping');
    pingSent = now();
    connection.ping(PAYLOAD).catch(() => {});
    await wait(limits.pong, () => pong !== undefined);
  }
  if (isOpen() && message !== '') {
    begin('message');
    messageSent = now();
    connection.send(message);
    await wait(limits.answer, () => isEcho);
    // A server that refuses the message closes a little later.
    if (!isEcho) await wait(100, () => false);
  }
  if (isOpen() && idle > 0) {
    begin('idle');
    const silentSince = recording.lastTraffic;
    await wait(idle, () => false);
    idled = (info === undefined ? now() : closedAt) - silentSince;
  }
  const endedDuring = isOpen() ? undefined : step;
  const endedAfter = isOpen() ? undefined : (info === undefined ? now() : closedAt) - stepStart;
  const openFor = (info === undefined ? now() : closedAt) - opened;
  if (isOpen()) {
    begin('close');
    closeSent = now();
    void connection.close(1000, '');
  }
  await closed;
  return sessionFacts();

  function sessionFacts(): SessionFacts {
    const { received, sent, cause } = info!;
    const closeFrameAt = recording.lastReceived;
    return {
      subprotocol: connection.subprotocol,
      openFor,
      endedDuring,
      endedAfter,
      serverClose: received && { code: received.code === 1005 ? undefined : received.code, reason: received.reason },
      clientClose: sent && { code: sent.code === 1005 ? undefined : sent.code, reason: sent.reason },
      stop: received === undefined ? stopOf(info!, recording) : undefined,
      violation:
        cause instanceof ProtocolError
          ? {
              from: 'server',
              code: cause.violation.code,
              message: cause.violation.message,
              section: cause.section,
              start: recording.afterHead(),
            }
          : undefined,
      messages,
      ping:
        pingSent === undefined
          ? undefined
          : {
              answered:
                pong !== undefined && (closeSent === undefined || pingSent + pong < closeSent) ? pong : undefined,
              isOther: isOtherPong && pong === undefined,
              cameWithClose: pong !== undefined && closeSent !== undefined && pingSent + pong >= closeSent,
            },
      message: messageSent === undefined ? undefined : { size: Buffer.byteLength(message), answered: answer, isEcho },
      idle: idled === undefined ? undefined : { asked: idle, lasted: idled },
      closing:
        closeSent === undefined
          ? undefined
          : {
              answered: received === undefined ? undefined : Math.max(0, (closeFrameAt ?? closedAt) - closeSent),
              ended: recording.remoteEnded ? closedAt - closeSent : undefined,
            },
    };
  }
}

function stopOf({ cause }: CloseInfo, recording: Recording): Stop {
  if (recording.remoteEnded) return 'fin';
  const code = ((cause as { cause?: { code?: unknown } } | undefined)?.cause as { code?: unknown } | undefined)?.code;
  return code === 'ECONNRESET' || code === 'EPIPE' ? 'reset' : 'timeout';
}
