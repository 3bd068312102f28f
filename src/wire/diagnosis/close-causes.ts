/** What close codes and reasons mean for a client that has just connected. */
import { closeCodeName } from '../../framing/close-code.js';

type Row = readonly [cause: string, advice: string];

const CREDENTIALS: Row = [
  'this client is not authorized',
  "Send valid credentials: a header (-H 'Authorization: …', -H 'Cookie: …'), a token in the query, or the first message, as its documentation says.",
];
const RATE: Row = ['it limits the rate', 'Connect and send less often, and reconnect with growing, random delays.'];
const FIRST_MESSAGE: Row = [
  'it waited in vain for a message of this client',
  'Send the first message that its protocol wants, such as a login or connection_init, in time: --send.',
];
const SUBPROTOCOL: Row = [
  'it does not accept the subprotocol',
  'Offer the one that it speaks, such as graphql-transport-ws or mqtt: --subprotocol.',
];
const ORIGIN: Row = [
  'it does not allow this origin',
  'Send an Origin that it allows (--origin), or add this one to its list.',
];
const NOT_FOUND: Row = ['it does not know what the URL names', 'Check the path and the query.'];

/** The registered codes (RFC 6455 §7.4.1, IANA), and codes of the application that repeat an HTTP status. */
const BY_CODE: ReadonlyMap<number, Row> = new Map<number, Row>([
  [
    1000,
    [
      'it considers the conversation finished',
      'Its handler probably returns or closes at once. Some servers do so if a query parameter, a subprotocol or a login is missing.',
    ],
  ],
  [1001, ['it is shutting down or restarting', 'Try again. If it stays so, the program ends right after it starts.']],
  [
    1002,
    ['it sees a protocol error', 'It may not accept the subprotocol or an extension, or a proxy changes the frames.'],
  ],
  [1003, ['it does not accept this type of data', 'Send text instead of binary, or the reverse.']],
  [1007, ['it got data of another form than it expects', 'Check the format and the encoding of the messages.']],
  [1008, ['a policy refuses this client', 'Credentials, Origin, or a first message may be missing or wrong.']],
  [1009, ['a message is larger than it accepts', 'Raise its limit (in ws: maxPayload), or send smaller messages.']],
  [1010, ['it needs an extension that was not agreed on', 'Offer it: --compress offers permessage-deflate.']],
  [1011, ['it failed (internal error)', 'Look at the log of the server: its handler threw an exception.']],
  [1012, ['it restarts', 'Connect again after a random delay of 5 to 30 s.']],
  [1013, ['it is overloaded', 'Connect again later, with growing delays.']],
  [1014, ['a gateway got no valid answer from the server behind it', 'Look at that server.']],
  [3000, CREDENTIALS],
  [3003, CREDENTIALS],
  [3008, FIRST_MESSAGE],
  [4401, CREDENTIALS],
  [4403, CREDENTIALS],
  [4404, NOT_FOUND],
  [4406, SUBPROTOCOL],
  [4408, FIRST_MESSAGE],
  [4429, RATE],
]);

/** A reason says more than a code. The first row that fits counts. */
const BY_REASON: ReadonlyArray<readonly [words: RegExp, row: Row]> = [
  [/sub-?protocol/i, SUBPROTOCOL],
  [/rate|too many|limit|quota|throttl/i, RATE],
  [/time-?out|timed out|too late|no (message|init|login)|inactiv|idle/i, FIRST_MESSAGE],
  [/origin/i, ORIGIN],
  [/auth|token|login|log in|jwt|credential|permission|forbidden|denied|session|api.?key|expired/i, CREDENTIALS],
  [/not found|unknown|no such|does not exist/i, NOT_FOUND],
];

const OTHER_ADVICE =
  'The documentation of the server says what it means. Often credentials, a subprotocol, a parameter or a first message are missing.';

/** Returns the cause and the advice for a Close frame of the server. */
export function causeOfClose(code: number, reason: string): Row {
  const own = BY_CODE.get(code);
  const said = BY_REASON.find(([words]) => words.test(reason))?.[1];
  if (code === 1008 || code === 1000 || code >= 4000) {
    if (said !== undefined) return said;
  }
  return own ?? [code >= 4000 ? 'the code is one of its own' : closeCodeName(code), OTHER_ADVICE];
}
