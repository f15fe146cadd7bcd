#!/usr/bin/env python3
"""Receives the webhooks of Parley, with nothing but the standard library of Python 3.8 or later.

Checks the signature and the time, drops repeats, and prints each event on a line of its own.
Settings: WEBHOOK_SECRET (that of PARLEY_WEBHOOK_SECRET), PORT (8090), HOST (127.0.0.1).
"""
import base64
import collections
import hashlib
import hmac
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_SECONDS = 300
BODY_MAX = 16 * 1024 * 1024
IDS_MAX = 10_000


def key_of(secret):
    """`whsec_` and base64, or any text for its own bytes."""
    return base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()


def is_signed(key, headers, body, now):
    """As https://www.standardwebhooks.com says: of several signatures one has to be right."""
    message_id, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message_id or not sent_at.isdecimal() or abs(now - int(sent_at)) > TOLERANCE_SECONDS:
        return False
    signed = f"{message_id}.{sent_at}.".encode() + body
    right = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    shown = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(one.encode(), f"v1,{right}".encode()) for one in shown)


class Seen:
    """The ids of the last batches. A real receiver keeps them where it keeps what comes of them."""

    def __init__(self):
        self.ids = collections.OrderedDict()

    def add(self, message_id):
        """False where it was there already."""
        if message_id in self.ids:
            return False
        self.ids[message_id] = True
        if len(self.ids) > IDS_MAX:
            self.ids.popitem(last=False)
        return True


def handle(event):
    """Here goes what is to be done. What raises here has the whole batch sent again."""
    print(json.dumps(event, ensure_ascii=False), flush=True)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    key = b""
    seen = Seen()
    # One batch at a time: those of a room come one after the other anyway.
    lock = threading.Lock()

    def do_POST(self):
        length = int(self.headers.get("content-length") or 0)
        if length > BODY_MAX:
            self.close_connection = True
            return self.answer(413)
        body = self.rfile.read(length)
        if not is_signed(self.key, self.headers, body, time.time()):
            return self.answer(401)
        message_id = self.headers["webhook-id"]
        with self.lock:
            if self.seen.add(message_id):
                try:
                    for event in json.loads(body)["events"]:
                        handle(event)
                except Exception as error:  # It is sent again, later.
                    del self.seen.ids[message_id]
                    print(error, file=sys.stderr, flush=True)
                    return self.answer(500)
        return self.answer(204)

    def answer(self, status):
        self.send_response(status)
        if status != 204:
            self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format, *args):
        """Nothing for each request."""


def main():
    Receiver.key = key_of(os.environ["WEBHOOK_SECRET"])
    address = (os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8090")))
    server = ThreadingHTTPServer(address, Receiver)
    print(json.dumps({"listening": server.server_address[1]}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
