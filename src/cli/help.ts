/** What `--help` says, for the command and for each of its subcommands. */

export const MAIN_HELP = `ws101: WebSocket (RFC 6455) at the command line

Usage
  ws101 connect [url] [options]   an interactive client; without a url, it talks to an echo server of its own
  ws101 serve [options]           an echo server
  ws101 connect --help            the options of a subcommand
  ws101 --version

Exit codes
  0  all went well
  1  a connection failed, or ended without the closing handshake; a server could not listen
  2  wrong usage
`;

export const CONNECT_HELP = `ws101 connect: an interactive WebSocket client

Usage
  ws101 connect [url] [options]

  url is ws://host[:port]/path, wss://…, or ws+unix:/path/of.sock:/path. Without one, an echo server is started on
  127.0.0.1, and connected to.

Options
  -H, --header 'Name: value'   a header for the request; may be repeated
      --subprotocol P          a subprotocol to offer, the preferred one first; may be repeated
      --origin O               the Origin header
      --ping-interval S        seconds of silence before a keepalive ping; fractions are fine, 0 sends none (20)
      --ping-timeout S         seconds that the server has to answer it (20)
      --ca FILE                certificates of authorities to trust (PEM), in place of the usual ones
      --insecure               verify no certificate
      --compress               offer permessage-deflate (RFC 7692)
      --trace                  show the wire as a packet capture would
  -h, --help

Input
  Each line is sent as a text message, an empty one too. These are commands:
    close                 closing handshake with code 1000, as Ctrl-D and the end of piped input do
    /close [code reason]  closing handshake with another code (1000 to 4999), and a reason
    /ping                 sends a ping, and shows the round trip
    /binary 00ff10        sends these bytes as a binary message
    /help
    //close               sends the line /close
  Piped lines wait until the connection is open. A line typed before, or after the connection has closed, is not sent,
  and that is said. Ctrl-C and SIGTERM do the closing handshake with code 1001; a second one ends at once. It may
  take 4 seconds. Where the server closes the connection, the prompt stays until you leave it (Ctrl-D), so that the
  line being typed does not end up in your shell.

Output
  stdout has the messages received, one a line. So that a message can be neither two lines nor a command for your
  terminal, control characters other than the tab are written as \\n, \\r, \\x1b; a backslash stays as it is.
  Binary messages are written as <binary 3 bytes> 00ff10.
  stderr has all else: the prompt, the status (init, opened, closed) and the trace, in colour on a terminal unless
  NO_COLOR is set.

Exit codes
  0  the connection was closed cleanly: both sides sent a Close frame, whatever its code
  1  it was not, or it could not be opened; stderr says why
  2  wrong usage
`;

export const SERVE_HELP = `ws101 serve: a WebSocket echo server

Usage
  ws101 serve [options]

Options
      --host H               address to listen on (127.0.0.1)
      --port N               port to listen on; 0 takes a free one (9001)
      --tls-cert FILE        certificate chain (PEM): with --tls-key, the server speaks wss:
      --tls-key FILE         its private key (PEM)
      --broadcast            send every message to all the others, in place of back
      --subprotocol P        a subprotocol to agree to; may be repeated
      --max-message-size N   bytes of the largest message taken; a larger one is answered with 1009 (16777216)
      --compress             agree to permessage-deflate (RFC 7692) where a client offers it
  -h, --help

  When it is ready, one line on stdout says where it listens: listening on ws://127.0.0.1:9001. Pages of any origin
  may connect, by any host name: an echo has nothing to steal.

Slow readers
  Whoever sends and does not read is not read from either, until it has taken its echoes, so memory stays flat; after
  60 seconds of that it is disconnected. With --broadcast, a sender waits for the others to take its message, but one
  second at most: who takes longer is not waited for until it has caught up, and is disconnected when more than
  16 MiB wait for it.

Ctrl-C and SIGTERM stop accepting, close every connection with code 1001, and wait up to 10 seconds for the answers;
a second one ends at once.

Exit codes
  0  it was stopped, and every connection is closed
  1  it could not listen, or was stopped at once
  2  wrong usage
`;

export const TYPED_HELP = `each line is sent as a text message; these are commands:
  close                 closing handshake with code 1000, as Ctrl-D
  /close [code reason]  closing handshake with another code (1000 to 4999), and a reason
  /ping                 sends a ping, and shows the round trip
  /binary 00ff10        sends these bytes as a binary message
  /help                 this
  //close               sends the line /close`;
