/**
 * What a client with the interface of browsers does with a server: sends a message, waits for its echo, closes. Runs in
 * Chromium, in Node 24 and with the package `ws`.
 */

/**
 * How long to wait for the opening handshake, for the echo, and for the end of the connection, in milliseconds. Chromium
 * delays connections by up to 5 s after others have failed.
 */
const OPEN_PATIENCE = 8_000;
const PATIENCE = 4_000;
const CLOSE_PATIENCE = 5_000;

/** Returns what the application saw, as plain values. `code` is undefined if the connection did not end. */
export function probe(WebSocket, url, subprotocols) {
  const seen = { opened: false, waited: false, echoed: false, messages: [], code: undefined };
  return new Promise(resolve => {
    const socket = new WebSocket(url, subprotocols);
    socket.binaryType = 'arraybuffer';
    const close = () => {
      clearTimeout(timer);
      // A copy: the connection may still end later.
      timer = setTimeout(() => resolve({ ...seen }), CLOSE_PATIENCE);
      seen.waited = !seen.opened;
      if (socket.readyState < 2) socket.close(1000);
    };
    let timer = setTimeout(close, OPEN_PATIENCE);
    socket.onerror = () => {};
    socket.onopen = () => {
      seen.opened = true;
      clearTimeout(timer);
      timer = setTimeout(close, PATIENCE);
      socket.send('hello');
    };
    socket.onmessage = ({ data }) => {
      if (data === 'hello') {
        seen.echoed = true;
        close();
      } else seen.messages.push(typeof data === 'string' ? data : `${data.byteLength} bytes`);
    };
    socket.onclose = ({ code }) => {
      clearTimeout(timer);
      seen.code = code;
      resolve(seen);
    };
  });
}

/** Probes many servers: 8 at a time, and those that flood one by one. */
export async function probeAll(WebSocket, servers) {
  const results = [];
  const probeEach = async (indexes, atOnce) => {
    const next = async () => {
      for (let index = indexes.shift(); index !== undefined; index = indexes.shift()) {
        const [url, subprotocols] = servers[index];
        results[index] = await probe(WebSocket, url, subprotocols);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, next));
  };
  const all = [...servers.keys()];
  await probeEach(
    all.filter(index => !servers[index][2]),
    8,
  );
  await probeEach(
    all.filter(index => servers[index][2]),
    1,
  );
  return results;
}
