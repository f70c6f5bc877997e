#!/usr/bin/python3
"""Judges the engine's WebSocket over TLS with OpenSSL (Python's ssl) and wsproto: neither shares code with it.

  tls_judge.py client PORT CA                talks to the engine's server on wss://127.0.0.1:PORT/echo/judge, which echoes
  tls_judge.py server CASE CERTIFICATE KEY   prints a port and serves one connection of the engine's client

TLS runs over memory here, so that its bytes can be cut anywhere. Prints `ok CASE` or `not ok CASE: why`, a line each.
"""
import socket
import ssl
import sys

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Request, TextMessage


class Ended(Exception):
    """The stream is over; `clean` = the peer said so with a close_notify."""

    def __init__(self, clean):
        super().__init__(f"end of stream, {'with' if clean else 'without'} close_notify")
        self.clean = clean


class Tls:
    """One end of a TLS connection; `cut`: how many bytes go to the network at a time."""

    def __init__(self, sock, context, cut=1 << 30, **kind):
        self.sock, self.cut = sock, cut
        self.sock.settimeout(30)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, **kind)
        self.run(self.tls.do_handshake)
        self.flush()

    def flush(self):
        data = self.outgoing.read()
        for at in range(0, len(data), self.cut):
            self.sock.sendall(data[at:at + self.cut])

    def run(self, step, *arguments):
        while True:
            try:
                return step(*arguments)
            except ssl.SSLWantReadError:
                self.flush()
                data = self.sock.recv(65536)
                if data:
                    self.incoming.write(data)
                else:
                    self.incoming.write_eof()

    def send(self, data):
        for at in range(0, len(data), 16384):
            self.run(self.tls.write, data[at:at + 16384])
        self.flush()

    def recv(self):
        try:
            data = self.run(self.tls.read, 65536)
        except ssl.SSLZeroReturnError:
            raise Ended(True) from None
        except (ssl.SSLEOFError, ConnectionResetError):
            raise Ended(False) from None
        if not data:
            raise Ended(True)
        return data

    def say_close_notify(self):
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        self.flush()


class Peer:
    """wsproto above it."""

    def __init__(self, tls, kind):
        self.tls, self.ws, self.queue = tls, WSConnection(kind), []

    def send(self, *events):
        self.tls.send(b"".join(self.ws.send(event) for event in events))

    def event(self):
        while not self.queue:
            self.ws.receive_data(self.tls.recv())
            self.queue = list(self.ws.events())
        return self.queue.pop(0)

    def message(self):
        whole = None
        while True:
            event = self.event()
            if not isinstance(event, (TextMessage, BytesMessage)):
                return event
            whole = event.data if whole is None else whole + event.data
            if event.message_finished:
                return whole


def expect(got, wanted):
    assert got == wanted, f"got {str(got)[:80]!r}, wanted {str(wanted)[:80]!r}"


# ── client: cases against the engine's server ──


class Client:
    def __init__(self, port, authority):
        self.port, self.authority = port, authority

    def tls(self, cut=1 << 30, version=None):
        context = ssl.create_default_context(cafile=self.authority)
        if version:
            context.minimum_version = context.maximum_version = version
        sock = socket.create_connection(("127.0.0.1", self.port))
        return Tls(sock, context, cut, server_hostname="127.0.0.1")

    def dial(self, cut=1 << 30, version=None):
        peer = Peer(self.tls(cut, version), ConnectionType.CLIENT)
        peer.send(Request(host="127.0.0.1", target="/echo/judge"))
        accepted = peer.event()
        assert isinstance(accepted, AcceptConnection), accepted
        return peer


def echoes(peer, sizes=(0, 1, 125, 126, 16383, 16384, 16385, 65536, 1000000)):
    for size in sizes:
        peer.send(BytesMessage(b"b" * size))
        expect(bytes(peer.message()), b"b" * size)


def tls_1_3_carries_messages_larger_than_a_record(client):
    echoes(client.dial(version=ssl.TLSVersion.TLSv1_3))


def tls_1_2_carries_messages_larger_than_a_record(client):
    echoes(client.dial(version=ssl.TLSVersion.TLSv1_2))


def records_that_trickle_in_byte_by_byte(client):
    echoes(client.dial(cut=1), (0, 1, 125, 126, 3000))


def records_cut_across_their_borders(client):
    for cut in (5, 7, 1399, 16401):
        echoes(client.dial(cut=cut), (200, 16385, 50000))


def many_messages_in_one_record(client):
    peer = client.dial()
    peer.send(*[TextMessage(f"message {i}") for i in range(200)])
    expect([peer.message() for _ in range(200)], [f"message {i}" for i in range(200)])


def one_frame_over_many_records(client):
    peer = client.dial()
    frame = peer.ws.send(BytesMessage(b"r" * 40000))
    for at in range(0, len(frame), 10):
        peer.tls.run(peer.tls.tls.write, frame[at:at + 10])  # ten bytes a record
    peer.tls.flush()
    expect(bytes(peer.message()), b"r" * 40000)


def a_record_cut_in_two_waits_for_its_rest(client):
    peer = client.dial()
    first, second = peer.ws.send(TextMessage("first")), peer.ws.send(TextMessage("second"))
    peer.tls.tls.write(first)
    peer.tls.tls.write(second)
    data = peer.tls.outgoing.read()
    half = len(data) - 10
    peer.tls.sock.sendall(data[:half])
    expect(peer.message(), "first")  # the answer shows that what was whole has been read
    peer.tls.sock.sendall(data[half:])
    expect(peer.message(), "second")


def messages_in_the_record_of_the_request(client):
    tls = client.tls()
    peer = Peer(tls, ConnectionType.CLIENT)
    masked = bytes([0x81, 0x85, 1, 2, 3, 4]) + bytes(b ^ m for b, m in zip(b"early", (1, 2, 3, 4, 1)))
    peer.tls.send(peer.ws.send(Request(host="127.0.0.1", target="/echo/judge")) + masked * 3)
    assert isinstance(peer.event(), AcceptConnection)
    expect([peer.message() for _ in range(3)], ["early"] * 3)


def the_close_frame_is_followed_by_a_close_notify(client):
    for message in (CloseConnection(code=1001, reason="going"), TextMessage("close me")):
        peer = client.dial()
        peer.send(message)
        closed = peer.message()
        assert isinstance(closed, CloseConnection), closed
        if closed.code == 4000:
            peer.send(closed.response())
        try:
            got = peer.tls.recv()
        except Ended as end:
            assert end.clean, end
        else:
            raise AssertionError(f"{got!r} after the close frame")


def a_violation_is_closed_with_its_code_and_a_close_notify(client):
    peer = client.dial()
    peer.tls.send(b"\x81\x01x")  # not masked
    closed = peer.message()
    assert isinstance(closed, CloseConnection), closed
    expect(closed.code, 1002)
    try:
        peer.tls.recv()
        raise AssertionError("something after the close frame")
    except Ended as end:
        assert end.clean, end


def a_peer_that_only_stops_sending_still_gets_its_echoes(client):
    peer = client.dial()
    events = [TextMessage(f"{i}" * 100) for i in range(10)] + [CloseConnection(code=1000)]
    peer.tls.tls.write(b"".join(peer.ws.send(event) for event in events))
    peer.tls.say_close_notify()  # all in one segment
    try:
        peer.tls.sock.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the server has closed already
    expect([peer.message() for _ in range(10)], [f"{i}" * 100 for i in range(10)])
    assert isinstance(peer.message(), CloseConnection)


def a_close_notify_without_a_close_frame_ends_the_connection(client):
    peer = client.dial()
    peer.send(TextMessage("last"))
    expect(peer.message(), "last")
    peer.tls.say_close_notify()  # the socket itself stays open
    try:
        peer.tls.recv()
        raise AssertionError("something after the end")
    except Ended:
        pass


def tls_1_1_is_refused(client):
    context = ssl.create_default_context(cafile=client.authority)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    try:
        Tls(socket.create_connection(("127.0.0.1", client.port)), context, server_hostname="127.0.0.1")
    except (ssl.SSLError, ConnectionResetError):
        return
    raise AssertionError("the server speaks TLS 1.1")


def rubbish_inside_the_encryption_is_a_broken_connection(client):
    peer = client.dial()
    peer.tls.sock.sendall(b"\x17\x03\x03\x00\x20" + b"x" * 32)  # a record that nobody encrypted
    try:
        while True:
            peer.tls.recv()
    except (Ended, ssl.SSLError):
        pass


CLIENT_CASES = (tls_1_3_carries_messages_larger_than_a_record, tls_1_2_carries_messages_larger_than_a_record,
                records_that_trickle_in_byte_by_byte, records_cut_across_their_borders, many_messages_in_one_record,
                one_frame_over_many_records, a_record_cut_in_two_waits_for_its_rest,
                messages_in_the_record_of_the_request, the_close_frame_is_followed_by_a_close_notify,
                a_violation_is_closed_with_its_code_and_a_close_notify,
                a_peer_that_only_stops_sending_still_gets_its_echoes,
                a_close_notify_without_a_close_frame_ends_the_connection, tls_1_1_is_refused,
                rubbish_inside_the_encryption_is_a_broken_connection)


# ── server: one connection of the engine's client, which echoes ──


def serve_bytes(peer):
    echoes(peer, (0, 1, 126, 3000))
    peer.send(CloseConnection(code=4000, reason="done"))
    assert isinstance(peer.message(), CloseConnection)


def serve_close_notify(peer):
    peer.send(TextMessage("last words"))
    peer.tls.say_close_notify()


def serve_no_close_notify(peer):
    peer.send(TextMessage("last words"))
    expect(peer.message(), "last words")
    peer.tls.sock.shutdown(socket.SHUT_WR)


def serve_large(peer):
    echoes(peer, (1000000, 16385))
    peer.send(CloseConnection(code=4000, reason="done"))
    assert isinstance(peer.message(), CloseConnection)
    try:
        peer.tls.recv()
        raise AssertionError("something after the close frame")
    except Ended as end:
        assert end.clean, end


SERVER_CASES = {"trickled": (1, serve_bytes), "cut": (1399, serve_large), "large": (1 << 30, serve_large),
                "close_notify": (1 << 30, serve_close_notify), "no_close_notify": (1 << 30, serve_no_close_notify)}


def serve(name, certificate, key):
    cut, case = SERVER_CASES[name]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(30)
    print(listener.getsockname()[1], flush=True)
    sock, _ = listener.accept()
    peer = Peer(Tls(sock, context, cut, server_side=True), ConnectionType.SERVER)
    assert isinstance(peer.event(), Request)
    peer.send(AcceptConnection())
    case(peer)


def main():
    if sys.argv[1] == "server":
        try:
            serve(*sys.argv[2:5])
            print(f"ok {sys.argv[2]}", flush=True)
        except (AssertionError, OSError, Ended) as error:
            print(f"not ok {sys.argv[2]}: {error!r}", flush=True)
        return
    client = Client(int(sys.argv[2]), sys.argv[3])
    for case in CLIENT_CASES:
        try:
            case(client)
            print(f"ok {case.__name__}", flush=True)
        except Exception as error:  # whatever it is, it is this case's
            print(f"not ok {case.__name__}: {error!r}", flush=True)


if __name__ == "__main__":
    main()
