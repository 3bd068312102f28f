/**
 * Cases for the WHATWG WebSocket with our echo server. They run in Chromium, as a module of a page, and in Node, whose
 * WebSocket is undici's. Each returns what it saw as plain values.
 */
export const cases = {
  text,
  binary,
  mebibyte,
  many,
  fragments,
  ping,
  subprotocol,
  compressed,
  close,
  closedByServer,
  refused,
};

async function text(url) {
  const connection = await open(url);
  const messages = ['hello', '', 'κόσμε 🌍', 'x'.repeat(65_536)];
  const echoes = await exchange(connection, messages);
  return { same: echoes.every((echo, index) => echo === messages[index]), closed: await end(connection, 1000) };
}

async function binary(url) {
  const connection = await open(url);
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const [fromView, fromBuffer, fromBlob] = await exchange(connection, [bytes, bytes.buffer, new Blob([bytes])]);
  await end(connection);
  return [fromView, fromBuffer, fromBlob].map(echo => [...new Uint8Array(echo)]);
}

async function mebibyte(url) {
  const connection = await open(url);
  const bytes = Uint8Array.from({ length: 2 ** 20 }, (_, index) => index * 31);
  const letters = 'ab€'.repeat(2 ** 18);
  const [data, string] = await exchange(connection, [bytes, letters]);
  await end(connection);
  const echoed = new Uint8Array(data);
  const same = echoed.length === bytes.length && bytes.every((byte, index) => byte === echoed[index]);
  return { binary: same, text: string === letters };
}

/** Sends a thousand messages before it reads the first echo. */
async function many(url) {
  const connection = await open(url);
  const messages = Array.from({ length: 1000 }, (_, index) => `m${index} ${'x'.repeat((index * 7) % 300)}`);
  const echoes = await exchange(connection, messages);
  await end(connection);
  return echoes.every((echo, index) => echo === messages[index]);
}

async function fragments(url) {
  const connection = await open(url);
  const echoes = await exchange(connection, ['fragments']);
  await end(connection);
  return echoes;
}

/** A page cannot ping. Here the server pings, and the browser must answer. */
async function ping(url) {
  const connection = await open(url);
  const echoes = await exchange(connection, ['ping hello']);
  await end(connection);
  return echoes;
}

async function subprotocol(url) {
  const connection = await open(url, ['chat.v9', 'chat.v2', 'chat.v1']);
  const { protocol, extensions } = connection;
  await end(connection);
  return { protocol, extensions };
}

/** The same 1 KiB of JSON twice, so that context takeover shows; then 1 MiB of text and of binary. */
async function compressed(url) {
  const connection = await open(url);
  const { extensions } = connection;
  const json = JSON.stringify(Array.from({ length: 40 }, (_, id) => ({ id, name: `name ${(id * 7_919) % 104_729}` })));
  const large = json.repeat(2 ** 10);
  const [one, two, text, data] = await exchange(connection, [json, json, large, new TextEncoder().encode(large)]);
  await end(connection);
  const same = [one === json, two === json, text === large, new TextDecoder().decode(data) === large];
  return { extensions, size: json.length, same };
}

async function close(url) {
  return end(await open(url), 3001, 'reason');
}

async function closedByServer(url) {
  const connection = await open(url);
  connection.send('close 4002 the server says goodbye');
  return closed(connection);
}

/** A page learns only this about a refusal: an error without a message, and 1006. */
async function refused(url) {
  const connection = new WebSocket(url);
  const events = [];
  for (const name of ['open', 'error']) connection.addEventListener(name, () => events.push(name));
  return { events, closed: await closed(connection) };
}

function open(url, protocols = []) {
  return new Promise((resolve, reject) => {
    const connection = new WebSocket(url, protocols);
    connection.binaryType = 'arraybuffer';
    connection.addEventListener('open', () => resolve(connection));
    connection.addEventListener('close', ({ code }) => reject(new Error(`closed with ${code} before it was open`)));
  });
}

/** Sends all messages at once, and returns as many echoes. */
function exchange(connection, messages) {
  return new Promise((resolve, reject) => {
    const echoes = [];
    connection.addEventListener('message', ({ data }) => {
      echoes.push(data);
      if (echoes.length === messages.length) resolve(echoes);
    });
    connection.addEventListener('close', ({ code }) => reject(new Error(`closed with ${code} after ${echoes.length}`)));
    for (const message of messages) connection.send(message);
  });
}

function end(connection, ...codeAndReason) {
  connection.close(...codeAndReason);
  return closed(connection);
}

function closed(connection) {
  return new Promise(resolve => {
    connection.addEventListener('close', ({ code, reason, wasClean }) => resolve({ code, reason, wasClean }));
  });
}
