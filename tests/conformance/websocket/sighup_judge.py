#!/usr/bin/python3
"""Judges what SIGHUP does to the TLS certificate of a running engine.

  sighup_judge.py TRUNKLINE FOLDER CA FIRST_CERTIFICATE FIRST_KEY SECOND_CERTIFICATE SECOND_KEY

Prints `ok` or what went wrong.
"""
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time

GRAPH = """trunkline: 1
name: call
nodes:
  caller: {element: callsrc}
  line: {element: callsink}
links:
  back: caller -> line
"""


class Engine:
    def __init__(self, program, folder, authority):
        self.folder, self.authority = pathlib.Path(folder), authority
        (self.folder / "call.yaml").write_text(GRAPH, encoding="utf-8")
        self.log = self.folder / "engine.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [program, "serve", "--env-file", "/dev/null", "--graphs", str(self.folder / "call.yaml"), "--port", "0",
                 "--database", str(self.folder / "calls.db"), "--url", "https://voice.example.com", "--insecure",
                 "--drain-ms", "0"], stdout=log, stderr=log,
                env={"TRUNKLINE_TLS_CERTIFICATE": str(self.folder / "live.pem"), "TRUNKLINE_CA_FILE": authority,
                     "TRUNKLINE_TLS_KEY": str(self.folder / "live.key"), "ASAN_OPTIONS": "detect_leaks=0"})
        self.port = int(self.wait_for("ready address=https://127.0.0.1:").split()[0])

    def wait_for(self, words, times=1):
        """What the log says behind `words`, once it has said them so often."""
        until = time.monotonic() + 60
        while time.monotonic() < until and self.process.poll() is None:
            parts = self.log.read_text(encoding="utf-8").split(words)
            if len(parts) > times and "\n" in parts[-1]:
                return parts[-1]
            time.sleep(0.01)
        raise AssertionError(f"{words!r} did not come:\n" + self.log.read_text(encoding="utf-8"))

    def connect(self):
        context = ssl.create_default_context(cafile=self.authority)
        sock = socket.create_connection(("127.0.0.1", self.port), 30)
        return context.wrap_socket(sock, server_hostname="127.0.0.1")

    def serial(self):
        with self.connect() as tls:
            return tls.getpeercert()["serialNumber"]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def put(folder, certificate, key):
    shutil.copy(certificate, f"{folder}/live.pem")
    shutil.copy(key, f"{folder}/live.key")


def main():
    program, folder, authority, *pairs = sys.argv[1:]
    put(folder, pairs[0], pairs[1])
    engine = Engine(program, folder, authority)
    try:
        first = engine.serial()
        with engine.connect() as live:
            shutil.copy(pairs[2], f"{folder}/live.pem")  # half a renewal
            engine.process.send_signal(signal.SIGHUP)
            engine.wait_for("the old TLS certificate stays")
            assert engine.serial() == first, "a pair that does not work has taken over"
            put(folder, pairs[2], pairs[3])
            engine.process.send_signal(signal.SIGHUP)
            engine.wait_for("TLS certificate read again")
            assert engine.serial() != first, "the new certificate is not shown"
            live.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert live.recv(100).startswith(b"HTTP/1.1 200"), "the live connection did not go on"
        assert engine.end() == 0
        print("ok")
    finally:
        engine.process.kill()


if __name__ == "__main__":
    main()
