"""What is done to a run: to its process, its system calls, its clock, its server, its source, its bucket.

Process faults act while a run is at work; server faults are a scenario (scripted server) or an HAProxy in front of
the gateway. Each counts what really happened, not what was planned.
"""
import os
import random
import re
import signal
import socket
import struct
import subprocess
import tempfile
import time

LIBFAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"

# kind: ACC_FAULT without its number, and what paths contain
CALLS = {
    "ENOSPC ledger": ("pwrite,write:ENOSPC", "/ledger", 150),
    "EIO ledger": ("pwrite,fsync:EIO", "/ledger", 150),
    "EIO ledger read": ("pread:EIO", "/ledger", 60),
    "EIO source": ("pread,read:EIO", "/source/", 60),
    "EMFILE": ("open,socket:EMFILE", None, 120),
    "EACCES receipt": ("rename,open:EACCES", "/receipts", 2),
    "ECONNRESET": ("send,recv:ECONNRESET", None, 200),
    "ENOMEM": ("alloc:ENOMEM", None, 20000),
}

# Throttling heals, since a run slows down for as long as it is asked to.
SCENARIOS = {
    "503": "on * every={n} for=2s answer 503 SlowDown",
    "500": "on * every={n} answer 500 InternalError",
    "429 retry-after": "on * every={n} for=1s answer 429 TooManyRequests retry-after=1",
    "drop": "on * every={n} drop",
    "reset in a body": "on PutObject|UploadPart every={n} bytes=100 reset",
    "answer lost": "on PutObject|UploadPart|Create|Complete|Abort every={n} act then drop",
    "error in a 200": "on Complete every=2 answer 200 InternalError space=20",
    "garbage": "on * every={n} garbage",
    "cut": "on * every={n} pass cut=50%",
    "stall": "on * every={m} stall",
    "delay": "on * every={n} pass delay=80ms",
    "policy": "on PutObject|UploadPart|Create|Complete after={n} for=300ms answer 403 AccessDenied",
    "login page": "on * every={m} login-page",
}


class Calls:
    """LD_PRELOAD with the fault injector: one kind of call fails from a number on."""

    def __init__(self, dice, inject, folder):
        self.kind = dice.choice(list(CALLS))
        spec, path, most = CALLS[self.kind]
        self.log = os.path.join(folder, "injected")
        count = dice.choice((1, 1, 3, 20))
        self.env = {"LD_PRELOAD": inject, "ACC_FAULT": f"{spec}:{dice.randint(1, most)}:{count}", "ACC_FAULT_LOG": self.log}
        if path:
            self.env["ACC_FAULT_PATH"] = path

    def count(self):
        if not os.path.exists(self.log):
            return 0
        with open(self.log, "rb") as log:
            tally = log.read(16)
        os.unlink(self.log)
        return struct.unpack("LL", tally)[1] if len(tally) == 16 else 0  # shorter: killed before it began


class Clock:
    """The wall clock jumps while the run is at work."""
    kind = "clock jump"

    def __init__(self, dice, folder):
        self.path = os.path.join(folder, "time")
        self.jumps = [dice.choice((-1200, -300, -5, 5, 300, 840, 1200)) for _ in range(2)]
        self.env = {"LD_PRELOAD": LIBFAKETIME, "FAKETIME_TIMESTAMP_FILE": self.path, "FAKETIME_NO_CACHE": "1",
                    "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        self._set(0)
        self.done = 0

    def _set(self, seconds):
        with open(self.path + ".new", "w", encoding="ascii") as file:
            file.write(f"{seconds:+d}\n")
        os.rename(self.path + ".new", self.path)

    def jump(self):
        if self.jumps:
            self._set(self.jumps.pop())
            self.done += 1

    def count(self):
        return self.done


class Front:
    """HAProxy before the gateway. Its rules are drawn anew for each episode; `cut` holds it still."""

    def __init__(self, dice, server, folder):
        host = re.sub(r"^https?://", "", server)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        slow = "content-type text/xml string '<Error><Code>SlowDown</Code></Error>'"
        rules = [f"http-request return status 503 {slow} if {{ rand(1000) lt {dice.choice((0, 20, 60))} }}",
                 f"http-request return status 429 hdr Retry-After 1 {slow} if {{ rand(1000) lt {dice.choice((0, 5))} }}",
                 f"http-request return status 500 {slow} if {{ rand(1000) lt {dice.choice((0, 20, 60))} }}",
                 f"http-request reject if {{ rand(1000) lt {dice.choice((0, 10, 40))} }}",
                 f"http-response silent-drop if {{ rand(1000) lt {dice.choice((0, 0, 5))} }}",
                 f"http-response return status 502 {slow} if {{ rand(1000) lt {dice.choice((0, 20, 40))} }}"]
        self.log, self.config = os.path.join(folder, "haproxy.log"), os.path.join(folder, "haproxy.cfg")
        self.host, self.port = host, port
        self.url = f"http://127.0.0.1:{port}"
        self.seen = 0
        self._start(rules)

    def _start(self, rules):
        with open(self.config, "w", encoding="ascii") as file:
            file.write("global\n log stdout format raw local0\ndefaults\n mode http\n timeout connect 5s\n"
                       " timeout client 30s\n timeout server 30s\n option http-server-close\n"
                       f"frontend f\n bind 127.0.0.1:{self.port}\n log global\n log-format \"%ST %ts\"\n "
                       + "\n ".join(rules) + f"\n default_backend b\nbackend b\n server s {self.host}\n")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(["haproxy", "-db", "-f", self.config], stdout=log, stderr=log)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError(f"HAProxy does not listen on {self.port}")

    def heal(self):
        """Lets everything through, under the same address: another would be another destination to a ledger."""
        self.end()
        self._start([])

    def cut(self, on):
        self.process.send_signal(signal.SIGSTOP if on else signal.SIGCONT)

    def count(self):
        """Replies that the server did not make so, since the last count."""
        with open(self.log, encoding="ascii", errors="replace") as log:
            log.seek(self.seen)
            lines = log.readlines()
            self.seen = log.tell()
        return sum(bool(re.match(r"(5..|429) ", line)) or line.rstrip()[-2:-1] in ("P", "R", "L") for line in lines)

    def end(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()


def scenario(dice):
    """(kinds, the rules' text) for a scripted server."""
    kinds = dice.sample(list(SCENARIOS), dice.randint(1, 3))
    return kinds, "".join(SCENARIOS[kind].format(n=dice.randint(3, 15), m=dice.randint(25, 60)) + "\n" for kind in kinds)
