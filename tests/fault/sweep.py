#!/usr/bin/python3
"""Lets each system call and each allocation of small whole runs fail once, in turn, and then all from there on.
The runs are of ingest, and in rows of their own of replicate and restore.

    sweep.py --program accession --scripted scripted-s3 --inject fault-inject.so --power power-loss.so
             [--every N | --seconds N] [--seed S] [--only CALLS]

After each run: it ended by itself with a status that accession(1) names, nothing is visible, or in the folder, that differs
from its promise, and status 0 means that all is there. The same command then ends with 0 and leaves nothing open.
power-loss: the machine's power goes at a write or sync of the ledger; the ledger is then whole, and claims nothing that is not there. --every N
tries each N-th call, from a place that the seed chooses; 1 tries all. --seconds N tries as many as that time allows, in an
order that the seed chooses, the same time for each kind of call.

PROGRAM may be built with AddressSanitizer and UndefinedBehaviorSanitizer. What they report is a failure, but for OpenSSL's
faults and their own for lack of memory. Lost memory counts where a process ends in order: not after an allocation that failed.
"""
import argparse
import contextlib
import glob
import hashlib
import os
import random
import re
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "..", "lib"), os.path.join(here, "..", "model")]
import bucket_look  # noqa: E402
import contents  # noqa: E402
import stacks  # noqa: E402
import world  # noqa: E402

FILES = {"a": "A", "b/c": "C", "empty": "empty", "large": "large-A"}
STATUSES = (0, 1, 2, 3, 4, 5)
PATIENCE = 90
FOUND = 66  # by a sanitizer
# name: calls, error, and what their paths contain
SWEEPS = {
    "source-read": ("pread,read", "EIO", "/source/"),
    "source-open": ("open", "EMFILE", "/source/"),
    "source-stat": ("stat", "EIO", "/source/"),
    "source-list": ("readdir", "EIO", "/source"),
    "open": ("open", "EMFILE", None),
    "ledger-write": ("pwrite,write", "ENOSPC", "/ledger.db"),
    "ledger-read": ("pread,read", "EIO", "/ledger.db"),
    "ledger-sync": ("fsync", "EIO", None),
    "ledger-open": ("open", "EACCES", "/ledger.db"),
    "rename": ("rename", "EACCES", None),
    "watch-socket": ("epoll_ctl", "ENOSPC", None),
    "mmap": ("mmap", "ENOMEM", None),
    "power-loss": (None, None, "/ledger.db"),  # power.c
    "socket": ("socket", "EMFILE", None),
    "connect": ("connect", "ECONNRESET", None),
    "send": ("send", "ECONNRESET", None),
    "recv": ("recv", "ECONNRESET", None),
    "alloc": ("alloc", "ENOMEM", None),
    "alloc-places": ("alloc", "ENOMEM", None),  # each chain of callers once
}
# Of other commands; what reads the source is then what reads the network.
for name in ("open", "ledger-write", "ledger-read", "ledger-sync", "ledger-open", "power-loss", "socket", "connect", "send", "recv",
             "alloc-places"):
    SWEEPS[f"replicate-{name}"] = SWEEPS[f"restore-{name}"] = SWEEPS[name]
SWEEPS.update({
    "restore-write": ("pwrite,write", "ENOSPC", "/back"),
    "restore-making": ("open", "EMFILE", "/back"),
    "restore-sync": ("fsync", "EIO", "/back"),
    "restore-naming": ("rename", "EACCES", "/back"),
})
# The same of one library; only by name.
LIBRARIES = {f"alloc-{name}": ("alloc", "ENOMEM", f"lib{name}") for name in ("curl", "uv", "crypto", "sqlite3", "jansson", "xml2")}


def sanitizers(leaks):
    """What a sanitized program is told: the injector lies between it and the sanitizers; a finding has a status of its own."""
    return {"ASAN_OPTIONS": f"verify_asan_link_order=0:allocator_may_return_null=1:detect_stack_use_after_return=1:detect_leaks={leaks:d}:exitcode={FOUND}",
            "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1", "LSAN_OPTIONS": f"suppressions={here}/leaks.supp:print_suppressions=0"}


def excused(report):
    """Whether a sanitizer's report is of OpenSSL, which uses what it found no memory for, or of the sanitizer's own shortage."""
    frames = re.findall(r"^ *#\d+ \S+ (.*)", report, re.MULTILINE)
    first = next((frame for frame in frames if ".so" in frame or "/src/" in frame), "")
    in_openssl = "AddressSanitizer: SEGV" in report and re.search(r"/lib(crypto|ssl)\.so", first) is not None
    return in_openssl or "CHECK failed: sanitizer_" in report


class Sweep:
    def __init__(self, options):
        self.options = options
        self.folder = tempfile.mkdtemp(prefix="accession-fault.")
        self.server = world.Scripted(options.scripted, self.folder)
        store = contents.Store(os.path.join(self.folder, "contents"))
        for key, name in FILES.items():
            store.link(name, os.path.join(self.folder, "source", key))
        text = contents.checksum_list("md5", FILES)
        with open(os.path.join(self.folder, "list"), "w", encoding="utf-8") as file:
            file.write(text)
        self.promised = {**FILES, "list": contents.add(text.encode())}  # it lies beside the source
        self.runs = self.failures = 0

    def command(self, kind, name, place):
        words = {"ingest": ["--part-size", "5M", "--manifest", f"{self.folder}/list", f"{self.folder}/source", f"s3://archive/{place}"],
                 "replicate": ["--part-size", "5M", f"s3://archive/{name}-first", f"s3://archive/{place}"],
                 "restore": [f"s3://archive/{place}", self.restored(name)]}[kind]
        return [self.options.program, kind, "--no-progress", "--quiet", "--jobs", "2",
                "--retries", "2", "--read-timeout", "2s", "--connect-timeout", "2s",
                "--ledger", f"{self.folder}/{name}/ledger.db", "--receipts", f"{self.folder}/{name}/receipts", *words]

    def restored(self, name):
        return f"{self.folder}/{name}/back"

    def run(self, kind, name, faults, place=None):
        """`place`: where in the bucket, if not `name`."""
        env = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "ACC"))}
        env.update(AWS_ENDPOINT_URL=self.server.url, AWS_REGION="us-east-1", AWS_EC2_METADATA_DISABLED="true",
                   HOME=self.folder, LC_ALL="C.UTF-8", **sanitizers("ENOMEM" not in faults.get("ACC_FAULT", "")), **faults)
        process = subprocess.Popen(self.command(kind, name, place or name), env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)
        try:
            _, err = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            where = stacks.of(process.pid)
            process.kill()
            process.communicate()
            return None, "did not end; it stood at\n" + where
        return process.returncode, err.decode(errors="replace")

    def faults(self, name, at, count):
        calls, error, path = {**SWEEPS, **LIBRARIES}[name]
        if calls is None:
            return {"LD_PRELOAD": self.options.power, "ACC_POWER": f"{at}:{self.runs}", "ACC_POWER_PATH": path,
                    "ACC_FAULT_LOG": f"{self.folder}/faults"}
        env = {"LD_PRELOAD": self.options.inject, "ACC_FAULT": f"{calls}:{error}:{at}:{count}",
               "ACC_FAULT_LOG": f"{self.folder}/faults"}
        if "alloc-" in name:
            return {**env, "ACC_FAULT_PLACES": path or ""}
        return {**env, "ACC_FAULT_PATH": path} if path else env

    def hits(self):
        with open(f"{self.folder}/faults", "rb") as log:
            seen, hit = struct.unpack("LL", log.read(16))
        os.unlink(f"{self.folder}/faults")
        return seen, hit

    def complain(self, sweep, at, count, text):
        self.failures += 1
        print(f"not ok: {sweep} call {at}{' and all after it' if count == 0 else ''}: {text}", flush=True)

    def held(self, kind, name, bucket):
        """{key: sha256} of what the bucket shows, or what has its name in the folder."""
        if kind != "restore":
            return {key: found[-1].sha256 for key, found in bucket.versions().items()}
        held = {}
        for folder, _, files in os.walk(self.restored(name)):
            for path in (os.path.join(folder, file) for file in files):
                if ".accession-restore" not in path:  # not named yet
                    with open(path, "rb") as file:
                        held[os.path.relpath(path, self.restored(name))] = hashlib.sha256(file.read()).hexdigest()
        return held

    def wrong(self, kind, name, bucket, status):
        """What there is that should not be, after a run that ended with `status`."""
        held = self.held(kind, name, bucket)
        for key, sha256 in held.items():
            if sha256 != contents.digest("sha256", self.promised[key]):
                return f"{key} is visible and differs from its promise"
        if status == 0 and held.keys() != self.promised.keys():
            return f"exit status 0 with {sorted(held)} there"
        return None

    def left(self, kind, name, bucket):
        """What a run that ended well left behind."""
        if kind == "restore":
            work = os.path.join(self.restored(name), ".accession-restore")
            return os.listdir(work) if os.path.isdir(work) else []
        return sorted(bucket.uploads().values())

    def overclaimed(self, name, bucket):
        """What is wrong with the ledger after the power went: damage, or more archived than there is. Looks at a copy."""
        copy = f"{self.folder}/{name}/copy"
        os.makedirs(copy)
        for file in glob.glob(f"{self.folder}/{name}/ledger.db*"):
            shutil.copy(file, copy)
        if not os.path.exists(f"{copy}/ledger.db"):
            return None
        with contextlib.closing(sqlite3.connect(f"{copy}/ledger.db")) as ledger:
            (said,) = ledger.execute("PRAGMA integrity_check").fetchone()
            if said != "ok":
                return f"the ledger is damaged: {said}"
            claimed = 0
            if ledger.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'object'").fetchone()[0]:
                claimed = ledger.execute("SELECT count(DISTINCT entry) FROM object").fetchone()[0]
        held = len(bucket.versions())
        return f"the ledger has {claimed} objects, the bucket {held}" if claimed > held else None

    def begin(self, sweep, name):
        """An empty server, but for what a copy or a restore reads: (command, `name`)."""
        kind = next((kind for kind in ("replicate", "restore") if sweep.startswith(f"{kind}-")), "ingest")
        self.server.begin({"versioned": True, "checksums": "verified", "if-none-match": "yes"})
        os.makedirs(f"{self.folder}/{name}")
        if kind != "ingest":
            status, err = self.run("ingest", name, {}, f"{name}-first" if kind == "replicate" else name)
            if status != 0:
                raise RuntimeError(f"what {kind} reads could not be archived: {err}")
        return kind, name

    def one(self, sweep, at, count):
        """Whether the fault was reached."""
        self.runs += 1
        kind, name = self.begin(sweep, f"run-{self.runs}")
        bucket = bucket_look.Bucket(self.server.s3, "archive", name)
        status, err = self.run(kind, name, self.faults(sweep, at, count))
        _, hit = self.hits() if os.path.exists(f"{self.folder}/faults") else (0, 1)
        # Running out of memory ends the process where it stands, with 70: base/mem.h. OpenSSL 3.0 faults there when its
        # first allocations fail; the loader ends with 127; libuv aborts, as it does without a place to watch a socket.
        plain = sweep.removeprefix(f"{kind}-")
        ends_it = plain in ("mmap", "open", "watch-socket") or plain.startswith("alloc")
        if plain == "power-loss":
            if kind == "ingest" and (problem := self.overclaimed(name, bucket)) is not None:
                self.complain(sweep, at, count, problem)
            allowed = (0,) if not hit else (-signal.SIGKILL,)
        elif ends_it:
            allowed = STATUSES + (70, -signal.SIGABRT, -signal.SIGSEGV, 127)
        else:
            allowed = STATUSES
        if status not in allowed and not (ends_it and excused(err)):
            self.complain(sweep, at, count, f"exit status {status}: {err if status is None else err[:3000] if status == FOUND else err[-400:]}")
        if (problem := self.wrong(kind, name, bucket, status)) is not None:
            self.complain(sweep, at, count, problem)
        if hit:
            status, err = self.run(kind, name, {})
            problem = self.wrong(kind, name, bucket, status)
            if status != 0 or problem:
                self.complain(sweep, at, count, f"afterwards, exit status {status}, {problem}: {err[-400:]}")
            elif (left := self.left(kind, name, bucket)):
                self.complain(sweep, at, count, f"left afterwards: {left}")
            elif (twice := [key for key, found in bucket.versions().items() if len(found) > 1]):
                self.complain(sweep, at, count, f"written twice: {twice}")
        return hit > 0

    def calls_of(self, sweep):
        """How many calls a run makes that this sweep could let fail."""
        self.run(*self.begin(sweep, f"count-{sweep}"), self.faults(sweep, 1 << 40, 1))
        return self.hits()[0]

    def sweep(self, name, every, dice, end=None):
        calls, reached = self.calls_of(name), 0
        places = list(range(1 + dice.randrange(min(every, calls or 1)), calls + 1, every))
        if end is not None:
            dice.shuffle(places)
        for at in places:
            if end is not None and reached and time.monotonic() > end:
                break
            reached += self.one(name, at, 1)
            if not name.endswith("power-loss") and dice.random() < 0.25:
                reached += self.one(name, at, 0)
        print(f"{'ok' if reached else 'not ok'}: {name}, {calls} calls, {reached} runs with faults", flush=True)
        self.failures += reached == 0
        return reached


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("program", "scripted", "inject", "power"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", nargs="*", choices=[*SWEEPS, *LIBRARIES], default=list(SWEEPS))
    options = parser.parse_args()
    sweep, dice, total, start = Sweep(options), random.Random(options.seed), 0, time.monotonic()
    for number, name in enumerate(options.only):
        if options.seconds:
            left = (start + options.seconds - time.monotonic()) / (len(options.only) - number)
            total += sweep.sweep(name, 1, dice, time.monotonic() + left)
        else:
            # Allocations are many, and alike.
            total += sweep.sweep(name, options.every * (25 if name == "alloc" else 1), dice)
    sweep.server.end()
    subprocess.run(["rm", "-rf", sweep.folder], check=True)
    print(f"{total} runs with faults, {sweep.failures} failures, seed {options.seed}")
    return 1 if sweep.failures else 0


if __name__ == "__main__":
    sys.exit(main())
