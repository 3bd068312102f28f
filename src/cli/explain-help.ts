/** The output of `ws101 explain --help`, in at most 80 columns. */
export const EXPLAIN_HELP = `ws101 explain: explain captured WebSocket traffic

Usage
  ws101 explain [file] [options]

  The file is a capture (pcap, pcapng), a HAR file, lines of ws101 tap, a hex
  dump (xxd, hexdump -C, Wireshark), what NODE_DEBUG=ws101 prints, or plain
  bytes. Without a file, or with -, it is read from stdin:

    echo '81 85 37 fa 21 3d 7f 9f 4d 51 58' | ws101 explain

Options
      --stream N      explain only connection N; with several connections, they
                      are listed first
      --frames 3-7    show only these frames, field by field; also 5 and 3-
      --json          print one JSON object per line
  -h, --help          print this text

Output
  The first line says in one sentence what happened. Then come the opening
  handshake with a verdict on each line, the frames, the violations with their
  section of the RFC and their place in the bytes, and a summary. Up to 8
  frames are shown bit by bit, and so is each frame that breaks a rule.

  It fits the width of the terminal; elsewhere it is COLUMNS wide, or 100
  columns if that is not set. It is in color on a terminal unless NO_COLOR is
  set.

Exit codes
  0  nothing is wrong
  1  a handshake failed, a rule was broken, or a connection did not end cleanly
  2  the command line is wrong, or the input cannot be read
`;
