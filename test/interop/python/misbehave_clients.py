"""What a client does with servers that misbehave: sends a message, waits for its echo, closes.

Usage: misbehave_clients.py CLIENT SERVERS, where CLIENT is websockets or websocket-client, and SERVERS a list of
[url, subprotocols, floods] as JSON. Prints the client's version, and what the application saw, as misbehave/probe.js does.
"""
import asyncio
import json
import os
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from urllib.parse import urlsplit

PATIENCE = 4
CLOSE_PATIENCE = 5


def shown(message):
    return message if isinstance(message, str) else '%d bytes' % len(message)


async def probe_websockets(url, subprotocols):
    import websockets
    seen = {'opened': False, 'waited': False, 'echoed': False, 'messages': []}
    try:
        connection = await websockets.connect(
            url, subprotocols=subprotocols or None, open_timeout=PATIENCE, close_timeout=CLOSE_PATIENCE / 2)
    except asyncio.TimeoutError:
        return {**seen, 'waited': True}
    except Exception:
        return seen
    seen['opened'] = True

    async def converse():
        await connection.send('hello')
        while not seen['echoed']:
            message = await connection.recv()
            if message == 'hello':
                seen['echoed'] = True
            else:
                seen['messages'].append(shown(message))

    try:
        await asyncio.wait_for(converse(), PATIENCE)
    except (asyncio.TimeoutError, websockets.ConnectionClosed):
        pass
    try:
        await asyncio.wait_for(connection.close(), CLOSE_PATIENCE)
        # close() resolves before late messages are read.
        while True:
            seen['messages'].append(shown(await connection.recv()))
    except (asyncio.TimeoutError, websockets.ConnectionClosed):
        pass
    if connection.close_code is not None:
        seen['code'] = connection.close_code
    return seen


def probe_websocket_client(url, subprotocols, seen, tcp):
    import websocket
    try:
        connection = websocket.create_connection(url, timeout=PATIENCE, subprotocols=subprotocols or None, socket=tcp)
    except websocket.WebSocketTimeoutException:
        seen['waited'] = True
        return
    except Exception:
        return
    seen['opened'] = True
    try:
        connection.send('hello')
        while True:
            opcode, frame = connection.recv_data_frame(True)
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                data = frame.data
                seen['code'] = int.from_bytes(data[:2], 'big') if len(data) >= 2 else 1005
                break
            if opcode in (websocket.ABNF.OPCODE_TEXT, websocket.ABNF.OPCODE_BINARY):
                message = frame.data.decode() if opcode == websocket.ABNF.OPCODE_TEXT else frame.data
                if message == 'hello':
                    seen['echoed'] = True
                    connection.send_close(1000)
                else:
                    seen['messages'].append(shown(message))
    except websocket.WebSocketTimeoutException:
        connection.settimeout(CLOSE_PATIENCE)
        try:
            connection.send_close(1000)
            while connection.recv_data_frame(True)[0] != websocket.ABNF.OPCODE_CLOSE:
                pass
            seen['code'] = 1000
        except websocket.WebSocketTimeoutException:
            pass
        except Exception:
            seen['code'] = 1006
    except Exception:
        seen['code'] = 1006
    connection.shutdown()


async def probe_in_thread(pool, url, subprotocols):
    address = urlsplit(url)
    tcp = socket.create_connection((address.hostname, address.port), PATIENCE)
    seen = {'opened': False, 'waited': False, 'echoed': False, 'messages': []}
    probe = asyncio.get_running_loop().run_in_executor(pool, probe_websocket_client, url, subprotocols, seen, tcp)
    # Its timeout is for each read, so a slow server can hold it forever.
    done, _ = await asyncio.wait([probe], timeout=PATIENCE + CLOSE_PATIENCE)
    result = dict(seen)
    if not done:
        result['waited'] = not seen['opened']
        tcp.shutdown(socket.SHUT_RDWR)
        await asyncio.wait([probe])
    return result


async def main(client, servers):
    limit = asyncio.Semaphore(8)
    pool = ThreadPoolExecutor(8)

    async def one(server):
        url, subprotocols, _ = server
        async with limit:
            if client == 'websockets':
                return await probe_websockets(url, subprotocols)
            return await probe_in_thread(pool, url, subprotocols)

    seen = [None] * len(servers)
    together = [index for index, server in enumerate(servers) if not server[2]]
    results = await asyncio.gather(*(one(servers[index]) for index in together))
    for index, result in zip(together, results):
        seen[index] = result
    for index, server in enumerate(servers):
        if server[2]:
            seen[index] = await one(server)
    print(json.dumps({'version': metadata.version(client), 'seen': seen}), flush=True)
    os._exit(0)


asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
