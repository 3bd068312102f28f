"""One exchange of python3-websockets with a server of ours. Usage: websockets_client.py URL CASE. Prints its result as JSON."""
import asyncio
import json
import ssl
import sys

import websockets


async def echo(connection, message):
    await connection.send(message)
    return await connection.recv()


async def text(connection):
    return [await echo(connection, message) for message in ['hello', '', 'κόσμε \U0001f30d', 'x' * 65536]]


async def binary(connection):
    message = await echo(connection, bytes(range(256)))
    return {'type': type(message).__name__, 'bytes': list(message)}


async def fragments(connection):
    """Sends each item as a frame. No character is split, because the library encodes each string."""
    texts = await echo(connection, ['one ', '', 'zwölf ', 'three'])
    data = await echo(connection, [b'\x00\x01', b'\x02'])
    return [texts, list(data)]


async def receive_fragments(connection):
    return await echo(connection, 'fragments')


async def ping(connection):
    """The library answers the other side's Ping while we wait for the echo."""
    pong = await connection.ping(b'from python')
    await asyncio.wait_for(pong, 5)
    return await echo(connection, 'ping back')


async def subprotocol(connection):
    return connection.subprotocol


async def extensions(connection):
    return {'offered': connection.request_headers.get('Sec-WebSocket-Extensions'), 'agreed': len(connection.extensions)}


async def close(connection):
    await connection.close(4001, 'python says goodbye')
    return {'code': connection.close_code, 'reason': connection.close_reason}


async def server_closes(connection):
    try:
        await echo(connection, 'close 4002 the server says goodbye')
    except websockets.ConnectionClosed as closed:
        return {'type': type(closed).__name__, 'code': closed.rcvd.code, 'reason': closed.rcvd.reason}
    return 'not closed'


async def mebibyte(connection):
    message = bytes(range(256)) * 4096
    letters = 'ab\N{EURO SIGN}' * 209715
    return [await echo(connection, message) == message, await echo(connection, letters) == letters]


async def many(connection):
    """Sends a thousand messages before it reads the first echo."""
    messages = ['m%d ' % n + 'x' * (n * 7 % 300) for n in range(1000)]
    sending = asyncio.ensure_future(send_all(connection, messages))
    echoes = [await connection.recv() for _ in messages]
    await sending
    return echoes == messages


async def send_all(connection, messages):
    for message in messages:
        await connection.send(message)


async def too_big(connection):
    return await broken_rule(connection, connection.send(b'x' * 2000))


async def invalid_text(connection):
    return await broken_rule(connection, connection.write_frame(True, 1, b'\xce\xba\xff'))


async def reserved_bit(connection):
    """The library cannot set RSV2, so this writes a frame as bytes: FIN, RSV2, text, masked, empty."""
    connection.transport.write(b'\xa1\x80abcd')
    return await broken_rule(connection, asyncio.sleep(0))


async def broken_rule(connection, sending):
    await sending
    try:
        await connection.recv()
    except websockets.ConnectionClosed as closed:
        return closed.rcvd.code
    return 'not closed'


async def main(url, case):
    context = None
    if url.startswith('wss:'):
        context = ssl.create_default_context(cafile=sys.argv[3])
    offered = ['chat.v9', 'chat.v2', 'chat.v1']
    async with websockets.connect(url, ssl=context, subprotocols=offered, max_size=2 ** 21) as connection:
        print(json.dumps(await globals()[case](connection)))


asyncio.run(main(sys.argv[1], sys.argv[2]))
