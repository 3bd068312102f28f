"""An interactive WebSocket client on websocket-client's WebSocketApp: the model for `ws101 connect`, and a peer of our server.

Usage: reference_client.py URL. Sends the lines of stdin until one is `close`. Messages go to stdout, everything else to stderr.
"""
import sys
import threading
import time

import websocket

PING_INTERVAL = 2
PONG_TIMEOUT = 5
CLOSE_TIMEOUT = 4


def say(*words):
    print(*words, file=sys.stderr, flush=True)


class Client:
    def __init__(self, url):
        self.status = 'INIT'
        self.opened = threading.Event()
        self.closed = threading.Event()
        self.last_pong = time.monotonic()
        self.app = websocket.WebSocketApp(
            url, on_open=self.on_open, on_message=self.on_message, on_error=self.on_error,
            on_close=self.on_close, on_pong=self.on_pong)

    def start(self):
        threading.Thread(target=self.run, daemon=True).start()
        threading.Thread(target=self.watch, daemon=True).start()

    def run(self):
        # websocket-client requires ping_timeout < ping_interval. Here a pong may take longer, so watch() checks it.
        self.app.run_forever(ping_interval=PING_INTERVAL)
        self.opened.set()

    def watch(self):
        while not self.closed.wait(0.5):
            if self.status == 'OPENED' and time.monotonic() - self.last_pong > PING_INTERVAL + PONG_TIMEOUT:
                say('ERROR no pong')
                self.app.close()
                return

    def send(self, text):
        if self.status != 'OPENED':
            say(f'not sent: {self.status}')
            return
        self.app.send(text)

    def close(self):
        # Sends the Close frame, and waits for the answer. If this thread reads the answer and closes the socket while the other one
        # waits in select(), on_close() comes up to 10 s later, so the wait has a limit.
        self.app.close()
        if not self.closed.wait(CLOSE_TIMEOUT):
            say('no on_close')

    def set_status(self, status):
        self.status = status
        say(status)

    def on_open(self, app):
        self.last_pong = time.monotonic()
        self.set_status('OPENED')
        self.opened.set()

    def on_message(self, app, message):
        print(message, flush=True)

    def on_error(self, app, error):
        say('ERROR', type(error).__name__, error)

    def on_pong(self, app, payload):
        self.last_pong = time.monotonic()
        say('PONG')

    def on_close(self, app, code, reason):
        self.set_status('CLOSED')
        say('CODE', code, reason)
        self.closed.set()


def main():
    client = Client(sys.argv[1])
    say(client.status)
    client.start()
    client.opened.wait()
    for line in sys.stdin:
        text = line.rstrip('\n')
        if text == 'close':
            break
        client.send(text)
    client.close()


main()
