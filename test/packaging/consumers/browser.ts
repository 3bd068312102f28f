/** Code for browsers, with the declarations of `lib.dom`, that gets our WebSocket instead. */
import { WebSocket as NodeWebSocket } from 'ws101';
import { WebSocketStream } from 'ws101/websocket';

declare function useClass(implementation: typeof WebSocket): void;
declare function useSocket(socket: WebSocket): void;

const socket = new NodeWebSocket('wss://example.com/');
useClass(NodeWebSocket);
useSocket(socket);
globalThis.WebSocket = NodeWebSocket;

const closed = (event: CloseEvent) => console.log(event.code, event.wasClean);
socket.onclose = closed;
socket.onerror = (event: Event) => console.log(event.type);
socket.addEventListener('close', closed);
socket.addEventListener('message', (event: MessageEvent<string>) => console.log(event.data.length));

export const opened: Promise<ReadableStream<string | Uint8Array>> = new WebSocketStream(
  'wss://example.com/',
).opened.then(({ readable }) => readable);
