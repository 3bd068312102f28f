/** An advisory about another WebSocket implementation, or what one of its releases had to mend. */
export interface Advisory {
  /** What the titles of its tests name. */
  readonly id: string;
  readonly product: string;
  readonly what: string;
  /** The file, of those below test/, that shows it over a real socket, or at the place where it matters. */
  readonly test: string;
}

type Row = readonly [id: string, product: string, what: string, test: string];

const LENGTH = 'advisories/frame-length.test.ts';
const LIMITS = 'advisories/limits.test.ts';
const COMPRESSION = 'advisories/compression.test.ts';
const MEMORY = 'advisories/memory-disclosure.test.ts';
const HEADERS = 'advisories/header-parsing.test.ts';
const CRASH = 'advisories/crash.test.ts';
const CLOSE = 'advisories/close.test.ts';
const SMUGGLING = 'advisories/smuggling.test.ts';
const CREDENTIALS = 'advisories/credentials.test.ts';
const CROSS_SITE = 'advisories/cross-site.test.ts';

const ROWS: readonly Row[] = [
  ['CVE-2026-1528', 'undici', 'a 64-bit length was put together by 32-bit arithmetic', LENGTH],
  ['CVE-2020-27813', 'gorilla/websocket', 'a length overflowed int64 and passed the read limit', LENGTH],
  ['CVE-2020-13935', 'Tomcat', 'an invalid length led to an endless loop', LENGTH],
  ['CVE-2026-54466', 'websocket-driver', 'a 64-bit length lost precision', LENGTH],
  ['CVE-2026-9675', 'undici', 'the limit held for each frame, and not for the message', LIMITS],
  ['CVE-2014-0193', 'netty', 'the limit held for each frame, and not for the message', LIMITS],
  ['CVE-2026-48779', 'ws', 'endless tiny fragments took memory beyond their bytes', LIMITS],
  ['CVE-2026-12151', 'undici', 'empty fragments were not counted, and the count never began anew', LIMITS],
  ['CVE-2026-65623', 'Bandit', 'each fragment cost as much as all before it', 'framing/message-assembler.test.ts'],
  ['ws 8.23', 'ws', 'pongs piled up for a peer that sends pings and does not read', LIMITS],
  ['CVE-2017-15268', 'QEMU', 'a slow reader made memory grow', LIMITS],
  ['CVE-2026-1526', 'undici', 'the size was checked before inflating alone', COMPRESSION],
  ['CVE-2018-1000518', 'websockets', 'the size was checked before inflating alone', COMPRESSION],
  ['CVE-2026-54490', 'websocket-driver', 'the size was checked before inflating alone', COMPRESSION],
  ['CVE-2026-2229', 'undici', 'server_max_window_bits=1000 crashed the process', COMPRESSION],
  ['CVE-2026-59881', 'aiohttp', 'RSV1 was taken although nothing was negotiated', COMPRESSION],
  ['late zlib error', 'ws', 'an error of zlib behind an abort crashed the process', COMPRESSION],
  ['CVE-2026-45736', 'ws', 'a close reason that is a typed array showed memory', MEMORY],
  ['CVE-2016-10518', 'ws', 'a ping of a number showed memory', MEMORY],
  ['ws 8.22.2', 'ws', 'a view of four bytes pinned a chunk of 64 KiB', MEMORY],
  ['ws 3.3.1', 'ws', 'an extension called constructor crashed the process', HEADERS],
  ['CVE-2026-21710', 'Node.js', 'a header called __proto__ crashed the process', HEADERS],
  ['CVE-2026-21717', 'Node.js', 'the hashes of integers are known to everyone', HEADERS],
  ['CVE-2021-32640', 'ws', 'a regular expression went back over spaces', HEADERS],
  ['CVE-2020-7662', 'websocket-extensions', 'a regular expression went back over quoted pairs', HEADERS],
  ['CVE-2023-26103', 'Deno', 'a regular expression went back over spaces and commas', HEADERS],
  ['CVE-2024-37890', 'ws', 'Upgrade was missing beyond the limit of headers', HEADERS],
  ['CVE-2026-65624', 'Cowboy', 'headers of one name by-passed the limit of their number', HEADERS],
  [
    'CVE-2023-43669',
    'tungstenite',
    'a long head was parsed anew with each piece of it',
    'handshake/advisories.test.ts',
  ],
  ['Non-ASCII Sec-WebSocket-Protocol', 'several', 'such a header crashed the process', HEADERS],
  ['CVE-2022-39386', '@fastify/websocket', 'a bad frame crashed the process', CRASH],
  ['CVE-2023-22477', 'mercurius', 'a bad frame crashed the process', CRASH],
  ['CVE-2022-21676', 'engine.io', 'a bad frame crashed the process', CRASH],
  ['CVE-2022-41940', 'engine.io', 'a bad request crashed the process', CRASH],
  ['CVE-2023-31125', 'engine.io', 'a bad request crashed the process', CRASH],
  ['CVE-2024-38355', 'socket.io', 'an error without a listener crashed the process', CRASH],
  ['CVE-2020-7693', 'sockjs', 'Upgrade without its companions crashed the process', CRASH],
  ['CVE-2024-23672', 'Tomcat', 'connections were kept by a close that never ends', CLOSE],
  ['CVE-2022-25762', 'Tomcat', 'a send raced the close', CLOSE],
  ['ws 8.22.0', 'ws', 'close(9999) threw, and left the connection half closed', CLOSE],
  ['GHSA-mfx4-hv73-q22v', 'aiohttp', 'the body of an upgrade was taken for frames', SMUGGLING],
  ['CVE-2026-59898', 'netty', 'Connection and Upgrade were not looked at', SMUGGLING],
  ['CVE-2026-1527', 'undici', 'CR LF came through an option', SMUGGLING],
  ['CVE-2016-2216', 'Node.js', 'U+010D and U+010A became CR and LF', SMUGGLING],
  ['CVE-2026-42498', 'Tomcat', 'Authorization followed redirects', CREDENTIALS],
  ['ws 8.5', 'ws', 'Authorization and Cookie followed redirects', CREDENTIALS],
  ['ws 8.7', 'ws', 'Authorization and Cookie followed redirects', CREDENTIALS],
  ['ws 8.8.1', 'ws', 'Authorization and Cookie followed redirects', CREDENTIALS],
  ['websockets 16.1', 'websockets', 'Authorization followed redirects', CREDENTIALS],
  ['CVE-2018-8034', 'Tomcat', 'the host name was not checked with TLS', CREDENTIALS],
  ['CVE-2020-15133', 'faye-websocket', 'the host name was not checked with TLS', CREDENTIALS],
  ['old ws', 'ws, and others', 'masking keys came from Math.random() or rand()', CREDENTIALS],
  ['CVE-2018-14732', 'webpack-dev-server', 'any page could connect', CROSS_SITE],
  ['CVE-2025-30360', 'webpack-dev-server', 'any page at an IP address could connect', CROSS_SITE],
  ['CVE-2025-24010', 'Vite', 'any page could connect', CROSS_SITE],
  ['CVE-2025-24964', 'Vitest', 'any page could connect', CROSS_SITE],
  ['CVE-2026-27148', 'Storybook', 'any page could connect', CROSS_SITE],
  ['CVE-2024-23898', 'Jenkins', 'any page could connect', CROSS_SITE],
];

/** Each has a test that names it in its title, which index.test.ts sees to. */
export const ADVISORIES: readonly Advisory[] = ROWS.map(([id, product, what, test]) => ({ id, product, what, test }));
