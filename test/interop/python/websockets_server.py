"""An echo server on python3-websockets. Usage: websockets_server.py [CERT KEY]. Prints its port, then events of its connections.

The text `close CODE REASON` makes it close, `fragments` makes it send `one two three` in three frames, `ping` makes it ping and
send `pong` when the Pong arrives, `big` makes it send 1 MiB.
"""
import asyncio
import ssl
import sys

import websockets


async def serve(connection):
    print('subprotocol', connection.subprotocol)
    try:
        async for message in connection:
            await answer(connection, message)
    finally:
        print('closed', connection.close_code, connection.close_reason)


async def answer(connection, message):
    words = message.split(' ', 2) if isinstance(message, str) else ['']
    if words[0] == 'close':
        await connection.close(int(words[1]), words[2])
    elif words[0] == 'fragments':
        await connection.send(['one ', 'two ', 'three'])
    elif words[0] == 'ping':
        await asyncio.wait_for(await connection.ping(b'from python'), 5)
        await connection.send('pong')
    elif words[0] == 'big':
        await connection.send(bytes(range(256)) * 4096)
    else:
        await connection.send(message)


async def main():
    context = None
    if len(sys.argv) > 1:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
    async with websockets.serve(
            serve, '127.0.0.1', 0, ssl=context, subprotocols=['chat.v1', 'chat.v2'], max_size=2 ** 21) as server:
        print('port', server.sockets[0].getsockname()[1])
        await asyncio.Future()


asyncio.run(main())
