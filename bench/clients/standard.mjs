/** Clients with the WebSocket of browsers: Bun's, Deno's, and for Node that of undici, or of the module in WS_MODULE. */
import { payload, play, url } from './shared.mjs';

const isNode = globalThis.Bun === undefined && globalThis.Deno === undefined;
const { WebSocket } = isNode ? await import(process.env.WS_MODULE ?? 'undici') : globalThis;

play(async onMessage => {
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  socket.onmessage = onMessage;
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  return () => socket.send(payload);
});
