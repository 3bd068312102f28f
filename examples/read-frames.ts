/**
 * The codec by itself: prints one line for each frame in a hex dump (of a capture, a log, a bug report).
 *
 *     npx tsx --conditions=ws101-source examples/read-frames.ts 8185 37fa213d 7f9f4d5158 8882 00000000 03e8
 */
import { FrameDecoder, type FrameHeader, opcodeName } from 'ws101/framing';

const bytes = Buffer.from(process.argv.slice(2).join('').replace(/\s/g, ''), 'hex');
let current = '';
const decoder = new FrameDecoder(
  {
    frameStart: ({ offset, fin, opcode, masked, payloadLength }: Readonly<FrameHeader>) => {
      const flags = `${fin ? 'FIN ' : ''}${masked ? 'masked ' : ''}`;
      current = `byte ${offset}: ${flags}${opcodeName(opcode)}, ${payloadLength} bytes `;
      return undefined;
    },
    framePayload: (payload, start, end) => {
      current += JSON.stringify(Buffer.from(payload).toString('latin1', start, end));
      return undefined;
    },
    frameEnd: () => {
      console.log(current);
      return undefined;
    },
  },
  { from: 'any' },
);
decoder.push(bytes);
if (decoder.error !== undefined) console.log(decoder.error.message);
else if (!decoder.isBetweenFrames) console.log('the last frame is incomplete');
