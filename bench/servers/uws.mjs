/** uWebSockets.js: C++ in a native addon. Its default message limit is 16 KiB. */
import uws from 'uwebsockets';
import { mode, ready } from './shared.mjs';

const compress = mode === 'deflate';

const app = uws.App();
app.ws('/*', {
  compression: compress ? uws.SHARED_COMPRESSOR | uws.SHARED_DECOMPRESSOR : uws.DISABLED,
  maxPayloadLength: 16 * 1024 * 1024,
  maxBackpressure: 64 * 1024 * 1024,
  open: socket => {
    if (mode === 'broadcast') socket.subscribe('all');
  },
  message: (socket, data, isBinary) => {
    // The application uses text as a string, as with all other contenders.
    const message = isBinary ? data : Buffer.from(data).toString();
    if (mode === 'broadcast') app.publish('all', message, isBinary);
    else socket.send(message, isBinary, compress);
  },
});
app.listen('127.0.0.1', 0, token => ready(uws.us_socket_local_port(token)));
