/** An advisory about another WebSocket implementation, or a fix that one of its releases made. */
export interface Advisory {
  /** How the titles of its tests refer to it. */
  readonly id: string;
  readonly product: string;
  /** What went wrong there. */
  readonly what: string;
  /** The file, relative to test/, with the test that shows that ws101 is not affected. */
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
  ['CVE-2026-1528', 'undici', 'a 64-bit length was computed in 32-bit arithmetic', LENGTH],
  ['CVE-2020-27813', 'gorilla/websocket', 'a length overflowed int64 and bypassed the read limit', LENGTH],
  ['CVE-2020-13935', 'Tomcat', 'an invalid length caused an endless loop', LENGTH],
  ['CVE-2026-54466', 'websocket-driver', 'a 64-bit length lost precision', LENGTH],
  ['CVE-2026-9675', 'undici', 'the limit applied to each frame, not to the message', LIMITS],
  ['CVE-2014-0193', 'netty', 'the limit applied to each frame, not to the message', LIMITS],
  ['CVE-2026-48779', 'ws', 'endless tiny fragments used far more memory than their bytes', LIMITS],
  ['CVE-2026-12151', 'undici', 'empty fragments were not counted, and the count was never reset', LIMITS],
  [
    'CVE-2026-65623',
    'Bandit',
    'each fragment cost as much time as all fragments before it',
    'framing/message-assembler.test.ts',
  ],
  ['ws 8.23', 'ws', 'pongs piled up for a peer that sends pings and does not read', LIMITS],
  ['CVE-2017-15268', 'QEMU', 'a slow reader caused unbounded memory use', LIMITS],
  ['CVE-2026-1526', 'undici', 'the size was only checked before inflating', COMPRESSION],
  ['CVE-2018-1000518', 'websockets', 'the size was only checked before inflating', COMPRESSION],
  ['CVE-2026-54490', 'websocket-driver', 'the size was only checked before inflating', COMPRESSION],
  ['CVE-2026-2229', 'undici', 'server_max_window_bits=1000 crashed the process', COMPRESSION],
  ['CVE-2026-59881', 'aiohttp', 'RSV1 was accepted without a negotiated extension', COMPRESSION],
  ['late zlib error', 'ws', 'a zlib error after an abort crashed the process', COMPRESSION],
  ['CVE-2026-45736', 'ws', 'a close reason that is a typed array disclosed memory', MEMORY],
  ['CVE-2016-10518', 'ws', 'a ping with a number disclosed memory', MEMORY],
  ['ws 8.22.2', 'ws', 'a view of four bytes kept a chunk of 64 KiB alive', MEMORY],
  ['ws 3.3.1', 'ws', 'an extension named constructor crashed the process', HEADERS],
  ['CVE-2026-21710', 'Node.js', 'a header named __proto__ crashed the process', HEADERS],
  ['CVE-2026-21717', 'Node.js', 'the hashes of integers were predictable', HEADERS],
  ['CVE-2021-32640', 'ws', 'a regular expression backtracked over spaces', HEADERS],
  ['CVE-2020-7662', 'websocket-extensions', 'a regular expression backtracked over quoted pairs', HEADERS],
  ['CVE-2023-26103', 'Deno', 'a regular expression backtracked over spaces and commas', HEADERS],
  ['CVE-2024-37890', 'ws', 'an Upgrade header beyond the header limit was missing', HEADERS],
  ['CVE-2026-65624', 'Cowboy', 'repeated headers bypassed the limit on their number', HEADERS],
  ['CVE-2023-43669', 'tungstenite', 'a long head was parsed again for each piece', 'handshake/advisories.test.ts'],
  ['Non-ASCII Sec-WebSocket-Protocol', 'several', 'the header crashed the process', HEADERS],
  ['CVE-2022-39386', '@fastify/websocket', 'a bad frame crashed the process', CRASH],
  ['CVE-2023-22477', 'mercurius', 'a bad frame crashed the process', CRASH],
  ['CVE-2022-21676', 'engine.io', 'a bad frame crashed the process', CRASH],
  ['CVE-2022-41940', 'engine.io', 'a bad request crashed the process', CRASH],
  ['CVE-2023-31125', 'engine.io', 'a bad request crashed the process', CRASH],
  ['CVE-2024-38355', 'socket.io', 'an error without a listener crashed the process', CRASH],
  ['CVE-2020-7693', 'sockjs', 'Upgrade without the other headers crashed the process', CRASH],
  ['CVE-2024-23672', 'Tomcat', 'connections stayed open while a close never finished', CLOSE],
  ['CVE-2022-25762', 'Tomcat', 'a send raced the close', CLOSE],
  ['ws 8.22.0', 'ws', 'close(9999) threw, and left the connection half closed', CLOSE],
  ['GHSA-mfx4-hv73-q22v', 'aiohttp', 'the body of an upgrade was read as frames', SMUGGLING],
  ['CVE-2026-59898', 'netty', 'Connection and Upgrade were not checked', SMUGGLING],
  ['CVE-2026-1527', 'undici', 'an option could inject CR LF', SMUGGLING],
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

/** index.test.ts checks that a test names each of them in its title. */
export const ADVISORIES: readonly Advisory[] = ROWS.map(([id, product, what, test]) => ({ id, product, what, test }));
