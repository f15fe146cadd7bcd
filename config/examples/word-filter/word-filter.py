#!/usr/bin/env python3
"""A word filter for Parley's hooks over HTTP, of Python's standard library alone.

It is asked before a message is posted, sent, changed, recalled with a reason or reacted to: some words it blanks out, for others it
refuses the message. What it does not know it lets pass. See README.md beside it.
"""
import base64
import hashlib
import hmac
import json
import os
import re
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BODY_BYTES_MAX = 8 * 1024 * 1024
CLOCKS_DIFFER_SECONDS = 300


def key_of(secret):
    if secret.startswith("whsec_"):
        return base64.b64decode(secret[len("whsec_") :])
    return secret.encode()


def is_signed(key, headers, body):
    """Whether the service has sent this, and lately: see https://www.standardwebhooks.com."""
    name, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not re.fullmatch(r"[0-9]{1,12}", sent_at) or abs(time.time() - int(sent_at)) > CLOCKS_DIFFER_SECONDS:
        return False
    right = base64.b64encode(hmac.new(key, f"{name}.{sent_at}.".encode() + body, hashlib.sha256).digest())
    given = (one.partition(",") for one in headers.get("webhook-signature", "").split(" "))
    # All are compared, and in the same time whatever they are.
    return any([version == "v1" and hmac.compare_digest(right, text.encode()) for version, _, text in given])


def pattern_of(words):
    """Matches the words of a list with commas in it, each as a whole word in letters of any size; None where there are none."""
    listed = [re.escape(word.strip()) for word in words.split(",") if word.strip()]
    return re.compile(rf"(?<!\w)(?:{'|'.join(listed)})(?!\w)", re.IGNORECASE) if listed else None


class Filter:
    def __init__(self, masked, refused):
        self.masked, self.refused = pattern_of(masked), pattern_of(refused)

    def answer(self, asked):
        """What to say of it, as src/hooks/README.md has it; None where that is nothing."""
        if asked.get("type") not in ("roomMessageCheck", "directMessageCheck"):
            return None
        message = asked["data"]["message"]
        text = message.get("textMessage")
        if not isinstance(text, str):
            return None
        if self.refused and (found := self.refused.search(text)):
            return {"error": {"code": "wordNotAllowed", "args": [found.group()], "message": "This word is not allowed here."}}
        masked = self.masked.sub(lambda word: "*" * len(word.group()), text) if self.masked else text
        # What a message has besides stays as it is.
        return None if masked == text else {"message": {**message, "textMessage": masked}}


def handler_of(key, words):
    class Handler(BaseHTTPRequestHandler):
        # Connections are kept: the service need not open one for each message.
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        timeout = 60

        def do_POST(self):
            length = self.headers.get("content-length", "")
            if not re.fullmatch(r"[0-9]{1,9}", length) or int(length) > BODY_BYTES_MAX:
                self.close_connection = True
                return self.say(413)
            body = self.rfile.read(int(length))
            if not is_signed(key, self.headers, body):
                return self.say(401)
            self.say(200, words.answer(json.loads(body)))

        def say(self, status, answer=None):
            body = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Nothing: messages are private."""

    return Handler


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main():
    secret = os.environ.get("HOOK_SECRET", "")
    if secret == "":
        sys.exit("HOOK_SECRET is missing: the same as PARLEY_HOOK_SECRET of the service.")
    words = Filter(os.environ.get("MASKED_WORDS", ""), os.environ.get("REFUSED_WORDS", ""))
    address = (os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000")))
    with Server(address, handler_of(key_of(secret), words)) as server:
        print(f"listening on port {server.server_address[1]}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
