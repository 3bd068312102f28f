/** The output of `--help`, for the command and for each of its subcommands, in at most 80 columns. */

export const MAIN_HELP = `ws101: WebSocket (RFC 6455) on the command line

Usage
  ws101 connect [url] [options]   an interactive client; without a url, it
                                  connects to an echo server of its own
  ws101 ws://… [options]          the same as ws101 connect ws://…
  ws101 serve [options]           an echo server
  ws101 doctor url [options]      find out why a WebSocket does not work
  ws101 tap target [options]      show what a client and a server send
  ws101 explain [file] [options]  explain captured traffic, bit by bit
  ws101 encode --text hi          print the bytes of a frame
  ws101 connect --help            help for a subcommand
  ws101 --version

Exit codes
  0  success
  1  a connection failed or did not close cleanly; a server could not listen;
     explained traffic breaks a rule
  2  the command line is wrong
  3  the server closed the connection with an error code; the doctor has only
     warnings
`;

const COMMANDS = `    /close [code [reason]]  close the connection; default code 1000
    /ping [text]            send a ping and print the round-trip time
    /binary 00ff10          send these bytes as a binary message
    /help                   list the commands
    //text                  send the text /text`;

export const CONNECT_HELP: string = `ws101 connect: an interactive WebSocket client

Usage
  ws101 connect [url] [options]

  url is ws://host[:port]/path, wss://… or ws+unix:/path/of.sock:/path.
  Without a url, the command starts an echo server on 127.0.0.1 and connects to
  it.

Request
  -H, --header 'Name: value'   add a header; repeatable
      --auth user:password     send Basic credentials
  -s, --subprotocol P          offer a subprotocol; repeatable, preferred first
  -o, --origin O               set the Origin header
      --compress               offer permessage-deflate (RFC 7692)

Connection
      --connect-timeout S      seconds until the connection must be open
                               (default 10)
  -L, --location               follow redirects, at most 5
      --proxy URL              connect through a proxy: http://, https://,
                               socks5://, socks5h://, or env for the one that
                               the environment names
      --ca FILE                trust only the certificate authorities in FILE
                               (PEM)
      --cert FILE, --key FILE  present a client certificate (PEM)
  -k, --insecure               do not verify the server's certificate
      --ping-interval S        seconds of silence before a keepalive ping, such
                               as 0.5; 0 turns pings off (default 20)
      --ping-timeout S         seconds to wait for its answer (default 20)
      --misbehave KIND         do one thing wrong, to test servers; --misbehave
                               list prints the kinds

Input
  -x, --execute MSG            send MSG instead of input; repeatable
      --file FILE              send FILE as one binary message instead of input;
                               - is stdin
      --commands               accept commands in piped input and in -x
      --no-commands            accept no commands on a terminal
  -w, --wait S                 when the input ends, close after S seconds
                               without traffic (default 1)
      --wait-for N             when the input ends, close after N messages have
                               been received in all; exit 1 if there are fewer
      --keep-open              do not close when the input ends

Output
      --json                   print everything that happens, one JSON object
                               per line
      --binary-output FORMAT   print a binary message as bytes without a line
                               end (raw), or as one line (hex, base64)
      --show-pings             report pings and pongs received
      --trace                  show the bytes on the wire, explained
      --inspect                print the URL of a page that shows the connection
                               live, and can send frames
  -h, --help                   print this text

Lines
  Each line is sent as one text message, including empty lines.

  On a terminal, a line that starts with / is a command:
${COMMANDS}
  Ctrl-D closes the connection with code 1000. A line typed while the
  connection is not open is not sent, and a message says so. If the server
  closes the connection, the prompt stays until you press Ctrl-D, so that a
  half-typed line does not end up in your shell.

  From a pipe, lines are sent unchanged once the connection is open; with
  --commands, they may be commands. When the input ends, the client waits for
  answers: it closes the connection with code 1000 once S seconds (--wait) have
  passed since the last message, pong or line sent, and after 10 x S seconds at
  the latest, even if messages keep arriving. --wait 0 closes at once.

  Ctrl-C and SIGTERM close the connection with code 1001. A second one exits
  immediately. The server has 4 seconds to answer a close.

Messages
  Received messages go to stdout, one per line. In a pipe or a file, text is
  unchanged. On a terminal, control characters other than tab, bidirectional
  controls and invisible characters are escaped, for example \\n, \\x1b or
  \\u{202e}. A binary message is printed as <binary 3 bytes> 00ff10.

  The prompt, the status and the trace go to stderr. They are in color on a
  terminal unless NO_COLOR is set. The trace fits the width of the terminal;
  elsewhere it is COLUMNS wide, or 100 columns if that is not set.

Exit codes
  0  clean close: both sides sent a Close frame, and the server's code was 1000,
     1001, none, or the code you gave to /close
  1  the connection failed to open or did not close cleanly; stderr says why
  2  the command line is wrong
  3  clean close, but the server sent another code, such as 1011 or 4001
`;

export const SERVE_HELP = `ws101 serve: a WebSocket echo server

Usage
  ws101 serve [options]

Options
      --host H               address to listen on (default 127.0.0.1)
      --port N               port to listen on, 0 for a free one (default 9001)
      --tls-cert FILE        certificate chain (PEM); with --tls-key, the server
                             speaks wss:
      --tls-key FILE         private key (PEM)
      --broadcast            send each message to all other clients instead of
                             back to its sender
      --subprotocol P        accept a subprotocol; repeatable
      --max-message-size N   largest message accepted, in bytes; a larger one is
                             refused with close code 1009 (default 16777216)
      --compress             accept permessage-deflate (RFC 7692)
      --health PATH          answer a plain GET of PATH with 200, for health
                             checks
      --inspect              print the URL of a page that shows the connections
                             live, and can send frames
      --misbehave KIND       do one thing wrong instead, to test clients;
                             --misbehave list prints the kinds
  -h, --help                 print this text

  Once the server is listening, it prints its address on stdout:
  listening on ws://127.0.0.1:9001. It accepts any Origin and any Host, since an
  echo server has nothing to protect.

Slow readers
  The server stops reading from a client that does not read its echoes, so
  memory use stays flat. After 60 seconds it disconnects that client.

  With --broadcast, a sender waits up to one second for slow receivers. After
  that, a slow receiver is no longer waited for until it has caught up. It is
  disconnected when more than 16 MiB are queued for it.

Stopping
  Ctrl-C and SIGTERM close every connection with code 1001 and wait up to 10
  seconds for the answers. A second one exits immediately.

Exit codes
  0  stopped, and every connection was closed
  1  could not listen, or stopped by a second Ctrl-C
  2  the command line is wrong
`;

export const TYPED_HELP: string = `Each line is sent as a text message. Commands:
${COMMANDS}
    Ctrl-D                  close the connection with code 1000`;
