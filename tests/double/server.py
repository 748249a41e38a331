"""The server: standard library only, one thread per request."""

import argparse
import json
import os
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

TOKEN = "double-access-token"


@dataclass
class Behaviour:
    mode: str = "ok"
    times: int | None = None  # how often; None: until told otherwise
    seconds: float = 1.0


@dataclass
class World:
    """What the system believes, how it behaves, and its log."""

    log: Path
    unknown_reads: str = "in"  # subscribe by default
    secret: str = ""  # a bearer token that is asked for
    values: dict[str, str] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)  # what its own sync brings back
    held: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    behaviours: dict[str | None, Behaviour] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    entries: int = 0

    def __post_init__(self) -> None:
        self.file = self.log.open("ab", buffering=0)

    def write_down(self, entry: dict[str, Any]) -> None:
        """Durable before anybody is answered."""
        with self.lock:
            self.entries += 1
            line = json.dumps({"at": time.time(), "entry": self.entries, **entry}) + "\n"
            self.file.write(line.encode())
            os.fsync(self.file.fileno())

    def behaviour(self, number: str) -> Behaviour:
        """How to treat this request; counts down those that are meant for some only."""
        with self.lock:
            for key in (number, None):
                found = self.behaviours.get(key)
                if found is None:
                    continue
                if found.times is not None:
                    found.times -= 1
                    if found.times <= 0:
                        del self.behaviours[key]
                return found
        return Behaviour()

    def apply(self, number: str, value: str, key: str) -> bool:
        """Whether anything was done: a key counts once."""
        with self.lock:
            if key and key in self.keys:
                return False
            self.keys.add(key)
            self.first.setdefault(number, self.unknown_reads)
            self.values[number] = value
        return True

    def value(self, number: str) -> str:
        with self.lock:
            return self.values.get(number, self.unknown_reads)

    def nightly(self) -> int:
        with self.lock:
            self.values.update(self.first)
            return len(self.first)


class Dropped(Exception):
    """The connection is closed without an answer."""


class Handler(BaseHTTPRequestHandler):
    server: "Server"
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode("utf-8", "replace")
        path = unquote(urlsplit(self.path).path)
        try:
            if path.startswith("/control/"):
                self.control(path.removeprefix("/control/"), json.loads(body or "{}"))
            else:
                self.take(path, body)
        except Dropped:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815

    # --- as other systems see it ------------------------------------------------------------------------

    def take(self, path: str, body: str) -> None:
        world = self.server.world
        kind, _, number = path.strip("/").partition("/")
        key = self.headers.get("Idempotency-Key", "")
        how = world.behaviour(number) if kind != "token" else Behaviour()
        entry = {
            "method": self.command,
            "path": path,
            "query": urlsplit(self.path).query,
            "kind": kind,
            "number": number,
            "key": key,
            "body": body,
            "mode": how.mode,
        }
        if kind == "token":
            world.write_down(entry)
            self.send(200, {"access_token": TOKEN, "expires_in": 3600})
        elif self.is_locked(how):
            world.write_down(entry)
            self.send(401, {"error": "who are you?", "heard": self.headers.get("Authorization", "")})
        else:
            self.behave(how, entry, kind, number, key, body)

    def is_locked(self, how: Behaviour) -> bool:
        secret = self.server.world.secret
        heard = self.headers.get("Authorization", "")
        return how.mode == "locked" or bool(secret and heard not in {f"Bearer {secret}", f"Bearer {TOKEN}"})

    def behave(
        self, how: Behaviour, entry: dict[str, Any], kind: str, number: str, key: str, body: str
    ) -> None:
        world = self.server.world
        applies = how.mode in {"ok", "slow", "error_500", "drop", "huge", "drip"} and self.command != "GET"
        try:
            applied = applies and self.apply(kind, number, key, body)
        except (ValueError, AttributeError):
            world.write_down({**entry, "applied": False})
            self.send(400, {"error": "the body is not understood"})
            return
        world.write_down({**entry, "applied": applied, "value": world.value(number)})
        if how.mode in {"drop", "drop_before"}:
            raise Dropped
        if how.mode == "slow":
            time.sleep(how.seconds)
        if how.mode == "refuse_429":
            self.send(429, {"error": "slowly"}, {"Retry-After": str(int(how.seconds))})
        elif how.mode == "error_500":
            self.send(500, {"error": "database"})
        elif how.mode == "missing":
            self.send(404, {"error": "no such contact"})
        elif how.mode == "error_inside":
            self.send(200, {"status": "error", "error": "invalid consent state"})
        elif how.mode == "login_page":
            self.send_text(200, "<!DOCTYPE html><title>Sign in</title>", "text/html")
        elif how.mode == "huge":
            self.without_end(b"x" * 65_536, pause=0)
        elif how.mode == "drip":
            self.without_end(b" ", pause=0.1)
        elif self.command == "GET":
            self.send(200, {"number": number, "sms": world.value(number), "held": number in world.held})
        else:
            self.send(200, {"status": "done", "error": None})

    def apply(self, kind: str, number: str, key: str, body: str) -> bool:
        world = self.server.world
        if kind == "holds":
            (world.held.discard if self.command == "DELETE" else world.held.add)(number)
            return True
        return world.apply(number, str(json.loads(body).get("sms")), key)

    def without_end(self, piece: bytes, pause: float) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(1_000_000_000))
        self.end_headers()
        self.close_connection = True
        for _ in range(2_000):
            try:
                self.wfile.write(piece)
                self.wfile.flush()
            except OSError:
                return
            time.sleep(pause)

    # --- as the test sees it ----------------------------------------------------------------------------

    def control(self, what: str, wish: dict[str, Any]) -> None:
        world = self.server.world
        if what == "behave":
            how = Behaviour(wish.get("mode", "ok"), wish.get("times"), wish.get("seconds", 1.0))
            with world.lock:
                world.behaviours[wish.get("number")] = how
                if how.mode == "ok":
                    world.behaviours.pop(wish.get("number"), None)
            self.send(200, {})
        elif what == "set":
            with world.lock:
                world.first.setdefault(wish["number"], wish["value"])
                world.values[wish["number"]] = wish["value"]
            self.send(200, {})
        elif what == "nightly":
            self.send(200, {"changed": world.nightly()})
        elif what == "world":
            with world.lock:
                world.unknown_reads = wish.get("unknown_reads", world.unknown_reads)
                world.secret = wish.get("secret", world.secret)
            self.send(200, {})
        elif what == "state":
            with world.lock:
                self.send(200, {"values": dict(world.values), "held": sorted(world.held)})
        else:
            self.send(404, {"error": f"no control {what}"})

    def send(self, status: int, document: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self.send_text(status, json.dumps(document), "application/json", headers)

    def send_text(self, status: int, text: str, kind: str, headers: dict[str, str] | None = None) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """The log of ours says more."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    world: World

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that went away is no news."""


def main() -> None:
    options = argparse.ArgumentParser(
        prog="python -m tests.double", description="A system that misbehaves on request."
    )
    options.add_argument("--port", type=int, default=0, help="0: any free one")
    options.add_argument("--log", type=Path, default=Path("double.jsonl"))
    options.add_argument("--unknown-reads", default="in")
    chosen = options.parse_args()
    server = Server(("127.0.0.1", chosen.port), Handler)
    server.world = World(chosen.log, chosen.unknown_reads)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
