/** The output of `ws101 doctor --help`, in at most 80 columns. */
export const DOCTOR_HELP = `ws101 doctor: find out why a WebSocket does not work

Usage
  ws101 doctor url [options]

  url is ws://host[:port]/path or wss://…; host:port alone means ws://.

  The command checks DNS, every address, TCP, TLS and its certificates, the
  opening handshake, a ping, a test message, and the closing handshake. If
  something fails, it tries again with one change at a time. It ends with the
  likely cause and what to do.

Request
  -H, --header 'Name: value'   add a header; repeatable
      --auth user:password     send Basic credentials
  -s, --subprotocol P          offer a subprotocol; repeatable, preferred first
  -o, --origin O               set the Origin header, as a browser does
      --compress               offer permessage-deflate (RFC 7692)

Connection
      --proxy URL              connect through a proxy: http://, https://,
                               socks5://, socks5h://, or env
      --ca FILE                trust only the certificate authorities in FILE
                               (PEM)
      --cert FILE, --key FILE  present a client certificate (PEM)
  -k, --insecure               do not verify the server's certificate

Checks
      --send TEXT              send TEXT as the test message (default: a
                               greeting)
      --no-send                send no test message
      --size N                 send a test message of N bytes, to find size
                               limits
      --idle S                 leave the connection without traffic for S
                               seconds, to find what cuts idle connections;
                               65 finds the usual limit of 60 s
      --timeout S              seconds for everything except --idle (default 30)
      --no-retry               do not try again with changes

Output
  -v, --verbose                also show the request and a valid response
      --json                   print the report as one JSON object
  -h, --help                   print this text

Exit codes
  0  healthy
  1  a problem was found
  2  the command line is wrong
  3  the WebSocket works, with warnings
`;
