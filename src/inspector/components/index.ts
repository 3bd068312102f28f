/**
 * The web components of the inspector page, for other pages too.
 *
 * Each is a custom element without a shadow root, styled by ../style.css. It has a method `show()`, which takes what the
 * decoder of src/wire returns, and emits events instead of calling anyone. None of them knows a socket.
 *
 *     const detail = new FrameDetail();
 *     document.body.append(detail);
 *     detail.show(frame);               // a FrameItem of ConversationDecoder
 */
export { BitDiagram, fieldText } from './bit-diagram.js';
export { FrameDetail } from './frame-detail.js';
export { FrameList } from './frame-list.js';
export { HandshakeView } from './handshake-view.js';
export { type Payload, PayloadView } from './payload-view.js';
export { SequenceDiagram } from './sequence-diagram.js';
export { SparkChart } from './spark-chart.js';
export { type Tab, TabRow } from './tabs.js';
