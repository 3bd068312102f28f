"""An echo server on python3-websockets that compresses. Prints its port.

Usage: deflate_server.py PARAMETERS, where PARAMETERS are the keyword arguments of ServerPerMessageDeflateFactory as JSON.
"""
import asyncio
import json
import sys

import websockets
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def main(parameters):
    extensions = [ServerPerMessageDeflateFactory(**parameters)]
    async with websockets.serve(
            echo, '127.0.0.1', 0, compression=None, extensions=extensions, max_size=2 ** 22) as server:
        print('port', server.sockets[0].getsockname()[1])
        await asyncio.Future()


asyncio.run(main(json.loads(sys.argv[1])))
