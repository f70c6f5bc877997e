#!/usr/bin/python3
"""Judges the engine's media route, which does not echo, with wsproto: it plays the carrier of one call after another.

  carrier_judge.py PORT   the engine on 127.0.0.1, without signatures; the call is answered with a greeting

Prints `ok CASE` or `not ok CASE: why`, a line each.
"""
import base64
import http.client
import json
import re
import socket
import sys
import urllib.parse

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Ping, Pong, Request, TextMessage

FRAME = base64.b64encode(b"\xff" * 160).decode()  # 20 ms of silence


class Call:
    """One call: webhook, socket, `connected` and `start`."""

    calls = 0

    def __init__(self, port, start=True):
        Call.calls += 1
        self.call, self.stream = f"CA{Call.calls:032x}", f"MZ{Call.calls:032x}"
        self.sequence = self.chunk = 0
        form = {"CallSid": self.call, "AccountSid": "AC" + "0" * 32, "From": "+15550001", "To": "+15550002",
                "CallStatus": "ringing", "Direction": "inbound", "ApiVersion": "2010-04-01"}
        web = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        web.request("POST", "/twilio/voice", urllib.parse.urlencode(form),
                    {"Content-Type": "application/x-www-form-urlencoded"})
        answer = web.getresponse()
        document = answer.read().decode()
        assert answer.status == 200, (answer.status, document)
        target = re.search(r'url="wss://[^/"]+(/[^"]+)"', document).group(1)
        self.sock = socket.create_connection(("127.0.0.1", port), 0.02)
        self.on_air = False
        self.ws, self.queue = WSConnection(ConnectionType.CLIENT), []
        self.send(Request(host="voice.example.com", target=target))
        accepted = self.event()
        assert isinstance(accepted, AcceptConnection) and not accepted.extensions, accepted
        if start:
            self.say({"event": "connected", "protocol": "Call", "version": "1.0.0"})
            self.say(self.start())
            self.on_air = True

    def start(self):
        return {"event": "start", "start": {
            "accountSid": "AC" + "0" * 32, "streamSid": self.stream, "callSid": self.call, "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}, "customParameters": {}}}

    def numbered(self, message):
        if message["event"] != "connected":
            self.sequence += 1
            message = {**message, "sequenceNumber": str(self.sequence), "streamSid": self.stream}
        return json.dumps(message)

    def media(self):
        self.chunk += 1
        return {"event": "media", "media": {"track": "inbound", "chunk": str(self.chunk), "payload": FRAME,
                                            "timestamp": str(self.chunk * 20)}}

    def send(self, *events):
        self.sock.sendall(b"".join(self.ws.send(event) for event in events))

    def say(self, message):
        self.send(TextMessage(self.numbered(message)))

    def event(self):
        for _ in range(1500):  # half a minute
            if self.queue:
                return self.queue.pop(0)
            try:
                self.ws.receive_data(self.sock.recv(65536) or None)
                self.queue = list(self.ws.events())
            except socket.timeout:
                if self.on_air:  # the carrier sends all the time, whoever speaks
                    self.say(self.media())
        raise AssertionError("nothing came")

    def until(self, wanted, limit=5000):
        """Events up to the first that is `wanted`; every message on the way must be one the carrier knows."""
        passed = []
        for _ in range(limit):
            event = self.event()
            passed.append(event)
            if isinstance(event, BytesMessage):
                raise AssertionError("the carrier was sent a binary message")
            if isinstance(event, TextMessage):
                assert event.frame_finished and event.message_finished, "a message in pieces"
                said = json.loads(event.data)
                assert said["event"] in ("media", "mark", "clear"), said
                assert said["streamSid"] == self.stream, said
            if wanted(event):
                return passed
            assert not isinstance(event, CloseConnection), event
        raise AssertionError("what was waited for did not come")


def is_media(event):
    return isinstance(event, TextMessage) and json.loads(event.data)["event"] == "media"


def closed(event):
    return isinstance(event, CloseConnection)


def speaks_by_itself_in_whole_text_messages(call):
    for _ in range(20):
        call.until(is_media)


def answers_pings_while_it_speaks(call):
    call.until(is_media)
    for payload in (b"", b"p", b"\xff" * 125):
        call.send(Ping(payload))
        passed = call.until(lambda event: isinstance(event, Pong))
        assert bytes(passed[-1].payload) == payload, passed[-1]


def takes_messages_in_fragments_around_pings(call):
    call.on_air = False
    for _ in range(30):
        text = call.numbered(call.media())
        call.send(TextMessage(text[:10], message_finished=False), Ping(b"mid"),
                  TextMessage(text[10:50], message_finished=False), TextMessage(text[50:]))
        call.until(lambda event: isinstance(event, Pong))
    call.on_air = True
    call.until(is_media)


def answers_a_close_in_kind_while_it_speaks(call):
    call.until(is_media)
    call.on_air = False
    call.send(CloseConnection(code=1001, reason="hang-up"))
    event = call.until(closed)[-1]
    assert event.code == 1001, event
    call.sock.settimeout(30)
    assert call.sock.recv(1) == b""


def closes_with(code, raw):
    def case(call):
        call.until(is_media)
        call.on_air = False
        call.sock.sendall(raw)
        event = call.until(closed)[-1]
        assert event.code == code, event

    case.__name__ = f"closes_with_{code}"
    return case


def masked(first, payload):
    length = len(payload)
    head = bytes([first, 0x80 | length]) if length < 126 else bytes([first, 0xff]) + length.to_bytes(8, "big")
    return head + bytes(4) + payload


CASES = (speaks_by_itself_in_whole_text_messages, answers_pings_while_it_speaks,
         takes_messages_in_fragments_around_pings, answers_a_close_in_kind_while_it_speaks,
         closes_with(1002, b"\x81\x02{}"), closes_with(1007, masked(0x81, b"\xff")),
         closes_with(1009, masked(0x81, b" " * (300 << 10))))


def main():
    for case in CASES:
        try:
            call = Call(int(sys.argv[1]))
            case(call)
            call.sock.close()
            print(f"ok {case.__name__}", flush=True)
        except Exception as error:  # whatever it is, it is this case's
            print(f"not ok {case.__name__}: {error!r}", flush=True)


if __name__ == "__main__":
    main()
