/**
 * Compiled, not run: objects of `ws101/ws` fit the types of `@types/ws`, and the other way round. So a library that was written
 * for one of them takes objects of the other.
 */
import type * as theirs from 'ws';
import type * as ours from '../../src/ws/index.js';

declare function fits<To, From extends To>(): [To, From];

fits<theirs.WebSocket, ours.WebSocket>();
fits<ours.WebSocket, theirs.WebSocket>();
fits<theirs.WebSocketServer, ours.WebSocketServer>();
fits<ours.WebSocketServer, theirs.WebSocketServer>();
fits<theirs.RawData, ours.RawData>();
fits<ours.RawData, theirs.RawData>();
fits<theirs.Event, ours.Event>();
fits<theirs.MessageEvent, ours.MessageEvent>();
fits<theirs.CloseEvent, ours.CloseEvent>();
fits<theirs.ErrorEvent, ours.ErrorEvent>();
// Options go one way: into the constructors.
fits<ours.ClientOptions, theirs.ClientOptions>();
fits<ours.ServerOptions, theirs.ServerOptions>();
fits<ours.PerMessageDeflateOptions, theirs.PerMessageDeflateOptions>();
