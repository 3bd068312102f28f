/**
 * An echo server that reads its CPU time at certain messages of each connection: `messages-server MARKS`, such as
 * 32,320,3200. It answers each line with the CPU time in µs between consecutive marks, for each connection that has
 * passed all marks.
 */
import { resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const dist = process.env.WS101_DIST ?? resolve(import.meta.dirname, '../../dist');
const { WebSocketServer } = await import(pathToFileURL(resolve(dist, 'index.js')).href);
const marks = process.argv[2].split(',').map(Number);
const passed = [];

const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
server.on('connection', connection => {
  const times = [];
  let count = 0;
  let next = 1;
  connection.on('message', data => {
    connection.send(data);
    if (++count < next) return;
    const { user, system } = process.cpuUsage();
    times.push(user + system);
    next = marks[times.length - 1] ?? Number.POSITIVE_INFINITY;
    if (times.length === marks.length + 1) passed.push(times.slice(1).map((time, i) => time - times[i]));
  });
});
server.on('listening', () => console.log(JSON.stringify({ port: server.address().port })));
process.stdin.on('data', () => console.log(JSON.stringify({ passed })));
process.stdin.on('end', () => process.exit());
