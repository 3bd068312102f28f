/** The output of `ws101 tap --help`, in at most 80 columns. */
export const TAP_HELP = `ws101 tap: show what a WebSocket client and its server send

Usage
  ws101 tap target [options]

  The command listens, connects each client to the target, and passes on the
  bytes of both. Let your client, such as a page in a browser, connect to
  ws://127.0.0.1:9002 instead of the target.

  target is ws://host[:port]/path, wss://… or ws+unix:/path/of.sock:/path. If
  it has no path, the path of the client is used. Only the path, Host, and an
  Origin that names the tap are changed.

Listening
      --listen PORT            the port (default 9002; 0: any free port)
      --host H                 the address (default 127.0.0.1: only this
                               machine)
      --tls-cert FILE, --tls-key FILE
                               listen for wss, with this certificate and its key
                               (PEM)

Target
      --target URL             the same as the argument
  -H, --header 'Name: value'   set a header of the request; repeatable
  -o, --origin O               set the Origin header
      --proxy URL              connect through a proxy: http://, https://,
                               socks5://, socks5h://, or env
      --ca FILE                trust only the certificate authorities in FILE
                               (PEM)
  -k, --insecure               do not verify the target's certificate

Output
  -v, --verbose                show every line of the opening handshakes
      --record FILE            record everything: as pcapng for Wireshark if the
                               name ends in .pcapng, otherwise as lines of JSON
                               for ws101 explain
      --web                    print the URL of a page that shows the traffic

A bad network, to test both ends
      --slow N                 pass N bytes a second each way, such as 56k or 1M
                               (k: 1,000; M: 1,000,000)
      --delay MS               bring every byte MS milliseconds later
      --cut-after N            reset both connections after N bytes of frames,
                               such as 64k, or after N seconds, such as 5s
      --drop-pongs             leave out Pongs
  -h, --help                   print this text

Exit codes
  0  stopped by Ctrl-C; a recording is then complete
  1  cannot listen, or cannot record
  2  the command line is wrong
`;
