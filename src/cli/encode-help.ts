/** The output of `ws101 encode --help`, in at most 80 columns. */
export const ENCODE_HELP = `ws101 encode: print the bytes of a WebSocket frame

Usage
  ws101 encode --text hi [options]

Payload (one of them)
      --text TEXT          a text message
      --binary HEX         a binary message, such as 00ff10
      --ping TEXT          a Ping; '' for an empty one
      --pong TEXT          a Pong
      --close CODE         a Close frame; none for one without a code
      --reason TEXT        the reason of the Close frame

Fields
      --mask KEY           mask with this key, such as 37fa213d, or with a
                           random one: --mask random. A frame with a mask is a
                           client's, one without is a server's
      --opcode N           another opcode, from 0 to 15, with the payload of
                           --text or --binary
      --rsv 1,3            set these reserved bits
      --no-fin             more fragments follow
      --fragment SIZE      cut the message into frames of at most SIZE bytes
      --length-form FORM   write the length in 16 or 64 bits even if fewer would
                           do (default minimal)

Output
      --raw                print the bytes themselves instead of hex digits
      --force              encode a frame although it breaks a rule
  -h, --help               print this text

  Each frame is one line of hex digits, which ws101 explain reads:

    ws101 encode --text hi --mask 37fa213d | ws101 explain

Exit codes
  0  the frame was printed
  2  the command line is wrong, or the frame breaks a rule and there is no
     --force; stderr names the rule and its section
`;
