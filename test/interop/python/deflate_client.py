"""A python3-websockets client that exchanges compressed messages with a server of ours.

Usage: deflate_client.py URL PARAMETERS, where PARAMETERS are the keyword arguments of ClientPerMessageDeflateFactory as JSON.
Sends messages(), and prints the negotiated extensions and whether every echo was the same, as JSON.
"""
import asyncio
import json
import random
import sys

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory


def messages():
    """The same JSON twice, so that context takeover shows; an empty text; bytes that do not compress; a large text."""
    numbers = random.Random(1)
    records = json.dumps([{'id': n, 'name': 'name %d' % numbers.randrange(10 ** 9)} for n in range(40)])
    return [records, records, '', bytes(numbers.randrange(256) for _ in range(20000)), records * 600]


async def main(url, parameters):
    extensions = [ClientPerMessageDeflateFactory(**parameters)]
    async with websockets.connect(url, compression=None, extensions=extensions, max_size=2 ** 22) as connection:
        same = []
        for message in messages():
            await connection.send(message)
            same.append(await connection.recv() == message)
        print(json.dumps({'extensions': [each.name for each in connection.extensions], 'same': same}))


asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
