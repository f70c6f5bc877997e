#!/usr/bin/python3
"""Judges the engine's WebSocket with wsproto (Debian's python3-wsproto), an implementation that shares no code with it.

  wsproto_judge.py client PORT   talks to the engine's server on ws://127.0.0.1:PORT/echo/judge, which echoes
  wsproto_judge.py server        prints a port, serves one connection of the engine's client, which echoes too

Prints one line per case; the exit status is 0 only if all of them passed.
"""
import socket
import sys

from wsproto import ConnectionType, WSConnection
from wsproto.events import (AcceptConnection, BytesMessage, CloseConnection, Ping, Pong, Request,
                            TextMessage)
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

SIZES = (0, 1, 125, 126, 4096, 65535, 65536, 200000)


class Peer:
    """One connection: events in order, messages put together."""

    def __init__(self, sock, kind):
        self.sock = sock
        self.sock.settimeout(5)
        self.ws = WSConnection(kind)
        self.queue = []

    def send(self, *events):
        self.sock.sendall(b"".join(self.ws.send(event) for event in events))

    def event(self):
        while not self.queue:
            data = self.sock.recv(65536)
            self.ws.receive_data(data or None)
            self.queue = list(self.ws.events())
        return self.queue.pop(0)

    def message(self):
        whole = None
        while True:
            event = self.event()
            if not isinstance(event, (TextMessage, BytesMessage)):
                if whole is None:
                    return event
                raise AssertionError(f"{event} inside a message")
            whole = event.data if whole is None else whole + event.data
            if event.message_finished:
                return whole


def dial(port, behind=()):
    """A client connection; `behind`: frames that go out in the same segment as the request."""
    peer = Peer(socket.create_connection(("127.0.0.1", port)), ConnectionType.CLIENT)
    request = peer.ws.send(Request(host=f"127.0.0.1:{port}", target="/echo/judge"))
    peer.sock.sendall(request + b"".join(behind))
    accepted = peer.event()
    assert isinstance(accepted, AcceptConnection), accepted
    assert not accepted.extensions and not accepted.subprotocol, accepted
    return peer


def two_in_any_order(peer):
    """The next two messages, a pong written as text."""
    got = [peer.message(), peer.message()]
    return sorted(f"pong {bytes(one.payload)}" if isinstance(one, Pong) else str(one) for one in got)


def expect(got, wanted):
    assert got == wanted, f"got {str(got)[:80]!r}, wanted {str(wanted)[:80]!r}"


def echo_sizes(port):
    peer = dial(port)
    for size in SIZES:
        peer.send(TextMessage("é" * (size // 2)), BytesMessage(b"b" * size))
        expect(peer.message(), "é" * (size // 2))
        expect(bytes(peer.message()), b"b" * size)


def fragments_around_a_ping(port):
    peer = dial(port)
    peer.send(TextMessage("one ", message_finished=False), Ping(b"mid"), TextMessage("two", message_finished=True))
    expect(two_in_any_order(peer), ["one two", "pong b'mid'"])


def close_is_answered(port):
    peer = dial(port)
    peer.send(CloseConnection(code=1001, reason="going"))
    closed = peer.message()
    assert isinstance(closed, CloseConnection), closed
    expect(closed.code, 1001)
    expect(peer.sock.recv(1), b"")


def close_is_begun(port):
    peer = dial(port)
    peer.send(TextMessage("close me"))
    closed = peer.message()
    assert isinstance(closed, CloseConnection), closed
    expect((closed.code, closed.reason), (4000, "as you wish"))
    peer.send(closed.response())
    expect(peer.sock.recv(1), b"")


def closes_with(code, raw):
    def case(port):
        peer = dial(port)
        peer.sock.sendall(raw)
        closed = peer.message()
        assert isinstance(closed, CloseConnection), closed
        expect(closed.code, code)
        peer.sock.close()

    case.__name__ = f"closes_with_{code}_{raw[:4].hex()}"
    return case


def messages_behind_the_request(port):
    masked = bytes([0x81, 0x85, 1, 2, 3, 4]) + bytes(b ^ m for b, m in zip(b"early", (1, 2, 3, 4, 1)))
    peer = dial(port, (masked, masked))
    expect([peer.message(), peer.message()], ["early", "early"])


CLIENT_CASES = (echo_sizes, fragments_around_a_ping, close_is_answered, close_is_begun, messages_behind_the_request,
                closes_with(1002, b"\x81\x01x"), closes_with(1002, b"\xc1\x81\0\0\0\0x"),
                closes_with(1007, b"\x81\x81\0\0\0\0\xff"), closes_with(1002, b"\x83\x80\0\0\0\0"))


def serve_one(listener):
    sock, _ = listener.accept()
    peer = Peer(sock, ConnectionType.SERVER)
    request = peer.event()
    assert isinstance(request, Request), request
    expect((request.target, request.extensions, request.subprotocols), ("/judge?a=b", [], []))
    expect([value for name, value in request.extra_headers if name == b"authorization"], [b"Token x"])
    peer.send(AcceptConnection(), TextMessage("Welcome"))  # in one segment
    expect(peer.message(), "Welcome")
    print("ok welcome", flush=True)
    for size in SIZES:  # wsproto refuses frames that are not masked
        peer.send(BytesMessage(b"b" * size))
        expect(bytes(peer.message()), b"b" * size)
    print("ok echo_sizes", flush=True)
    peer.send(TextMessage("frag", message_finished=False), Ping(b"p"), TextMessage("ment"))
    expect(two_in_any_order(peer), ["fragment", "pong b'p'"])
    print("ok fragments", flush=True)
    peer.send(CloseConnection(code=4002, reason="enough"))
    closed = peer.message()
    assert isinstance(closed, CloseConnection), closed
    expect((closed.code, closed.reason), (4002, "enough"))
    print("ok close", flush=True)


def main():
    if sys.argv[1] == "server":
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(10)
        print(listener.getsockname()[1], flush=True)
        serve_one(listener)
        return 0
    failures = 0
    for case in CLIENT_CASES:
        try:
            case(int(sys.argv[2]))
            print(f"ok {case.__name__}", flush=True)
        except (AssertionError, OSError, LocalProtocolError, RemoteProtocolError) as error:
            failures += 1
            print(f"not ok {case.__name__}: {error!r}", flush=True)
    return min(failures, 100)


if __name__ == "__main__":
    sys.exit(main())
