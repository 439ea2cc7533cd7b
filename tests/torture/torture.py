#!/usr/bin/python3
"""Faults of every kind, over deliveries that are then checked by something that shares no code with accession.

An episode is one delivery to a prefix of its own: some runs under faults, each followed by the checker, then undisturbed
ones until the delivery is complete. Its seed decides everything but time, and repeats it:

    tools/torture --seed N --episodes 1
"""
import argparse
import collections
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [here, os.path.join(here, "..", "lib"), os.path.join(here, "..", "model")]
import botocore.exceptions  # noqa: E402
import botocore.parsers  # noqa: E402
import bucket_look  # noqa: E402
import checker as checking  # noqa: E402
import faults  # noqa: E402
import stacks  # noqa: E402
import world  # noqa: E402

PATIENCE = 75  # seconds without a word from a run that is hung; a sick server makes it slow, but its trace goes on
PATIENCE_IN_ALL = 400
MIB = 1 << 20
REPORTED = ("ingest", "verify", "replicate")  # what leaves a receipt that is read here
SIGNALS = (("SIGKILL", signal.SIGKILL), ("SIGTERM", signal.SIGTERM), ("SIGINT", signal.SIGINT))
# Whether another client's write that met our faults was done or not, the checker accepts both.
NOT_WRITTEN = (botocore.exceptions.ClientError, botocore.exceptions.HTTPClientError, botocore.parsers.ResponseParserError)
MADE_BY_RULE = re.compile(r"drop|reset|stall|garbage|acted\+|(503|500|429|403):|200:")


class Table:
    def __init__(self):
        self.faults, self.runs, self.statuses = collections.Counter(), collections.Counter(), collections.Counter()
        self.objects = self.surplus = self.episodes = self.violations = 0

    def show(self):
        print(f"\n{'fault':<28}{'injected':>9}")
        for kind, count in sorted(self.faults.items()):
            print(f"{kind:<28}{count:>9,}")
        print(f"{'all':<28}{sum(self.faults.values()):>9,}\n")
        print("runs       " + "  ".join(f"{kind} {count:,}" for kind, count in sorted(self.runs.items())))
        print("ended with " + "  ".join(f"{status}: {count:,}" for status, count in sorted(self.statuses.items())))
        print(f"{self.episodes:,} episodes, {self.objects:,} objects checked, {self.surplus} surplus versions, "
              f"{self.violations} violations", flush=True)


class Run:
    """One process, and what happens to it by the clock."""

    def __init__(self, words, env, output):
        self.events, self.output, self.trace, self.hung = [], output, env["ACCESSION_DEBUG_FILE"], False
        with open(output, "wb") as out, open(output + ".err", "wb") as err:
            self.process = subprocess.Popen(words, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        self.started = time.monotonic()

    def at(self, seconds, action):
        self.events.append((self.started + seconds, action))

    def wait(self):
        """Until it has ended, or hangs: then where it stands is kept, and it is killed."""
        self.events.sort(key=lambda event: event[0])
        said, spoke = 0, self.started
        while self.process.poll() is None:
            now = time.monotonic()
            while self.events and self.events[0][0] <= now:
                self.events.pop(0)[1]()
            if (size := self._written()) != said:
                said, spoke = size, now
            if now > spoke + PATIENCE or now > self.started + PATIENCE_IN_ALL:
                self.hung = True
                self.stacks = stacks.of(self.process.pid)
                self.process.kill()
                self.process.wait()
            time.sleep(0.003)
        return self

    def _written(self):
        return sum(os.path.getsize(path) for path in (self.output, self.trace) if os.path.exists(path))

    def said(self):
        """The end of what it wrote, for the report of a violation."""
        text = ""
        for path in (self.output, self.output + ".err"):
            with open(path, encoding="utf-8", errors="replace") as file:
                text += file.read()[-300:]
        return text.strip()


class Episode:
    def __init__(self, seed, options, server, table, folder):
        self.seed, self.options, self.server, self.table, self.folder = seed, options, server, table, folder
        self.dice = random.Random(seed)
        self.versioned = self.dice.random() < 0.6
        self.scripted = isinstance(server, world.Scripted)
        bucket = server.begin({"versioned": self.versioned, "if-none-match": "yes",
                               "checksums": self.dice.choice(("verified", "ignored"))})
        self.name = f"torture-{seed}-{os.getpid()}"
        self.bucket = bucket_look.Bucket(server.s3, bucket, f"{self.name}/source")
        self.parent_url = f"s3://{bucket}/{self.name}"
        self.url, self.copy_url = f"{self.parent_url}/source", f"{self.parent_url}-copy"
        self.front = None if self.scripted else faults.Front(self.dice, server.url, folder)
        self.broken, self.history = [], []
        self._make_source()
        self.checker = checking.Checker(self.bucket, self.versioned, self.promised)
        self.copy = checking.Checker(bucket_look.Bucket(server.s3, bucket, f"{self.name}-copy"), self.versioned, self.promised)
        self.deposited = bucket_look.Bucket(server.s3, bucket, f"{self.name}-receipts") if self.dice.random() < 0.25 else None
        # The same delivery may lie in a bucket too, and any run may read it there.
        self.incoming = bucket_look.Bucket(server.s3, bucket, f"{self.name}-incoming") if self.dice.random() < 0.3 else None
        if self.incoming:
            self._upload_source()

    # --- the delivery ---

    def _make_source(self):
        self.source, self.drop = os.path.join(self.folder, "drop", "source"), os.path.join(self.folder, "drop")
        self.restored = os.path.join(self.folder, "restored")
        bodies = {f"d{i % 7}/file-{i}": self.dice.randbytes(self.dice.choice((0, 1, 700, 9000, 120000)))
                  for i in range(self.dice.randint(3, 60))}
        for i in range(self.dice.choice((0, 0, 1, 2))):
            bodies[f"large-{i}"] = self.dice.randbytes(self.dice.choice((5, 6, 11)) * MIB + 77)
        algorithm = self.dice.choice(("md5", "sha256", "sha512"))
        self.promised, self.local_good, lines = {}, {}, []
        for key, body in bodies.items():
            lines.append(f"{hashlib.new(algorithm, body).hexdigest()}  {key}\n")
            self.promised[key] = checking.sha256_of(body)
            self.local_good[key] = self.dice.random() > 0.01 or not body
            self._write(key, body if self.local_good[key] else body[:-1] + bytes([body[-1] ^ 1]))
        self.list = os.path.join(self.source, f"{algorithm.upper()}SUMS")
        with open(self.list, "w", encoding="ascii") as file:
            file.writelines(lines)
        self.bodies = dict(bodies)
        # The list lies in the delivery, so it is archived with it.
        name = os.path.basename(self.list)
        self.promised[name], self.local_good[name] = checking.sha256_of("".join(lines).encode()), True

    def _write(self, key, body):
        path = os.path.join(self.source, key)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(body)

    def _upload_source(self):
        for folder, _, names in os.walk(self.source):
            for name in names:
                self._upload(os.path.relpath(os.path.join(folder, name), self.source))

    def _upload(self, key):
        with open(os.path.join(self.source, key), "rb") as file:
            self.incoming.put(key, file.read())

    # --- commands ---

    def env(self, more):
        env = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "ACC"))}
        return {**env, "AWS_ENDPOINT_URL": self.front.url if self.front else self.server.url, "AWS_REGION": "us-east-1",
                "AWS_EC2_METADATA_DISABLED": "true", "HOME": self.folder, "LC_ALL": "C.UTF-8",
                "ACCESSION_DEBUG": "all", "ACCESSION_DEBUG_FILE": f"{self.folder}/trace", **more}

    def words(self, command, ledger="ledger"):
        paths = ["--ledger", f"{self.folder}/{ledger}.db"]
        receipts = ["--receipts", self._url_of(self.deposited) if self.deposited else f"{self.folder}/receipts"]
        # In a bucket the list is found, since it lies in the delivery.
        in_bucket = self.incoming and self.dice.random() < 0.5
        source = [self._url_of(self.incoming)] if in_bucket else ["--manifest", self.list, self.source]
        patience = ["--retries", "3", "--connect-timeout", "2s", "--read-timeout", "2s"]
        return [self.options.program] + {
            "ingest": ["ingest", "--json", "--no-progress", "--part-size", "5M", "--jobs", str(self.dice.choice((1, 4, 16))),
                       *patience, *paths, *receipts, *source, self.url],
            "verify": ["verify", "--json", "--level", self.dice.choice(("listed", "stored", "read")), *patience, *paths,
                       *receipts, "--manifest", self.list, self.url],
            "watch": ["watch", "--settle", "1s", "--part-size", "5M", "--probe", "1s", *patience, *paths, *receipts,
                      self.drop, self.parent_url],
            "restore": ["restore", "--json", "--no-progress", "--jobs", str(self.dice.choice((1, 4, 16))), *patience, *paths,
                        *receipts, "--manifest", self.list, self.url, self.restored],
            "replicate": ["replicate", "--json", "--no-progress", "--part-size", "5M", "--jobs", str(self.dice.choice((1, 4, 16))),
                          *patience, *paths, *receipts, self.url, self.copy_url],
            "uploads": ["uploads", "--json", "--abort-own", "--older-than", "1s", *patience, *paths, self.url],
        }[command]

    @staticmethod
    def _url_of(bucket):
        return f"s3://{bucket.name}/{bucket.prefix}"

    # --- a run under faults ---

    def disturbed(self):
        dice, undo, ends_it = self.dice, [], False
        command = dice.choices(("ingest", "replicate", "verify", "watch", "uploads", "restore"), (52, 14, 9, 5, 12, 8))[0]
        preloaded = dice.choices((None, "calls", "clock"), (40, 45, 15))[0]
        calls = faults.Calls(dice, self.options.inject, self.folder) if preloaded == "calls" else None
        clock = faults.Clock(dice, self.folder) if preloaded == "clock" else None
        served = dice.random() < 0.7
        if self.scripted:
            rules = faults.scenario(dice)[1] if served else ""
            self.server.control("POST", "counters/reset")
            self.server.control("PUT", "scenario", self.server.config + rules)
            self.server.seen = os.path.getsize(self.server.log)
        if not self.versioned and dice.random() < 0.15:
            self._foreign(command)
        chosen = calls or clock
        run = self._start(command, chosen.env if chosen else {})
        if chosen:
            self._tell(f"{chosen.kind} {chosen.env.get('ACC_FAULT', chosen.jumps if clock else '')}")
        if self.scripted and served:
            self._tell("server: " + rules.strip().replace("\n", "; "))
        if clock:
            for _ in range(2):
                run.at(dice.uniform(0.01, 0.4), clock.jump)
        if dice.random() < 0.45:
            name, number = dice.choice(SIGNALS + SIGNALS[:1] * 3)
            ends_it = True
            run.at(dice.uniform(0, dice.choice((0.08, 0.5))), lambda: self._signal(run, name, number))
        if dice.random() < 0.3:
            start = dice.uniform(0, 0.3)
            run.at(start, lambda: self._signal(run, "SIGSTOP", signal.SIGSTOP))
            run.at(start + dice.uniform(0.05, 0.6), lambda: run.process.send_signal(signal.SIGCONT))
        if dice.random() < 0.2:
            run.at(dice.uniform(0, 0.1), lambda: undo.append(self._race()))
        if self.versioned and dice.random() < 0.15:
            run.at(dice.uniform(0, 0.3), lambda: self._foreign(command))
        if self.front and dice.random() < 0.25:
            undo.append(self._network_cut(run))
        if self.front and dice.random() < 0.2:
            undo.append(self._policy(run))
        other = None
        if dice.random() < 0.12 and not ends_it and not served and not preloaded and command == "ingest":
            other = self._start("ingest", {}, dice.choice(("ledger", "other")))
            other.at(8, lambda: other.process.send_signal(signal.SIGTERM))
            self.table.faults["two runs"] += 1
        if command == "watch":
            run.at(dice.uniform(2, 5), lambda: run.process.send_signal(signal.SIGTERM))
        run.wait()
        if other:
            other.wait()
        for put_back in undo:
            put_back()
        self._count(calls, clock)
        memory = calls is not None and calls.kind in ("ENOMEM", "EMFILE")  # the loader ends with 127, libraries abort
        if other:
            # Foreign writes were during both runs; what is claimed by another ledger, this one does not know.
            foreign, claimed = set(self.checker.latest), set(self.checker.claimed)
            self._check(command, other, True)
            self.checker.latest, self.checker.claimed = foreign, claimed
        self._check(command, run, ends_it or memory, memory)

    def _start(self, command, more, ledger="ledger"):
        self.table.runs[command] += 1
        output = os.path.join(self.folder, f"out-{self.table.runs[command]}")
        run = Run(self.words(command, ledger), self.env(more), output)
        self.running.append(run)
        self._tell(f"{command} {os.path.basename(output)}, process {run.process.pid}")
        return run

    def _tell(self, what):
        """What was done, for the report of a violation."""
        self.history.append(f"{time.strftime('%T', time.gmtime())} {what}")

    def _signal(self, run, name, number):
        if run.process.poll() is None:
            run.process.send_signal(number)
            self.table.faults[name] += 1
            self._tell(name)

    def _foreign(self, command):
        key = self.dice.choice(list(self.promised))
        body = f"another client's {self.dice.random()}".encode()
        place = self.copy if command == "replicate" and self.dice.random() < 0.5 else self.checker
        place.foreign_put(key, checking.sha256_of(body))
        try:
            place.bucket.put(key, body)
            self.table.faults["foreign write"] += 1
            self._tell(f"foreign write {place.bucket.prefix}/{key}")
        except NOT_WRITTEN:
            pass  # a policy or a rule of ours is in force; what did not get there is not looked for

    def _race(self):
        """A source file changes in place, with its size kept; afterwards it is as before."""
        key = self.dice.choice([key for key, body in self.bodies.items() if body])
        path = os.path.join(self.source, key)
        with open(path, "rb") as file:
            body = file.read()
        changed = bytes(byte ^ 0xFF for byte in body[:4096])
        with open(path, "r+b") as file:
            file.write(changed)
        try:
            if self.incoming:
                self.incoming.put(key, changed + body[4096:])
        except NOT_WRITTEN:
            pass  # a policy or a rule of ours is in force
        self.table.faults["source race"] += 1
        self._tell(f"source race {key}")

        def put_back():
            self._write(key, body)
            if self.incoming:  # policies are lifted by now; rules go with the run
                if self.scripted:
                    self.server.control("PUT", "scenario", self.server.config)
                self._upload(key)
        return put_back

    def _network_cut(self, run):
        start = self.dice.uniform(0, 0.3)
        run.at(start, lambda: self.front.cut(True))
        run.at(start + self.dice.uniform(0.2, 3), lambda: self.front.cut(False))
        self.table.faults["network cut"] += 1
        self._tell("network cut")
        return lambda: self.front.cut(False)

    def _policy(self, run):
        def put():
            self.server.s3.put_bucket_policy(Bucket=self.bucket.name, Policy=json.dumps({
                "Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": ["s3:PutObject"],
                                                        "Resource": [f"arn:aws:s3:::{self.bucket.name}/{self.name}*"]}]}))
            self.table.faults["policy put on and lifted"] += 1
            self._tell("policy put on")

        def lift():
            self.server.s3.delete_bucket_policy(Bucket=self.bucket.name)
        start = self.dice.uniform(0, 0.2)
        run.at(start, put)
        run.at(start + self.dice.uniform(0.05, 0.6), lift)
        return lift

    def _count(self, calls, clock):
        for fault in (calls, clock):
            if fault:
                self.table.faults[fault.kind] += fault.count()
        if self.front:
            self.table.faults["HAProxy 5xx, 429, drop, reset"] += self.front.count()
            return
        with open(self.server.log, encoding="ascii", errors="replace") as log:
            log.seek(self.server.seen)
            for line in log:
                words = line.split()
                if len(words) > 6 and (made := MADE_BY_RULE.match(words[6])):
                    self.table.faults["server: " + made.group().strip(":+")] += 1
        self.server.settle()

    # --- checking ---

    @staticmethod
    def _receipt(output, whole):
        """Of a run that ended and said where its receipt is. `whole`: nothing may have cut its output short."""
        with open(output, encoding="utf-8", errors="replace") as file:
            summaries = [one for one in checking.json_lines(file.read(), whole) if one["type"] == "summary"]
        path = summaries[-1].get("receipt") if summaries else None
        return world.load(path) if path and os.path.exists(path) else None

    def _check(self, command, run, ends_it, memory=False):
        status = run.process.returncode if not run.hung else None
        if status is None:
            self.broken.append(f"{command} hangs; its last words: {run.said()}\n{run.stacks}")
            return
        self.table.statuses[status] += 1
        receipt = self._receipt(run.output, status in range(6)) if command in REPORTED and status >= 0 else None
        settled = 1 if memory and status in (70, 127) else status
        status_lines = self._status_lines()  # first: a killed watcher's run may still be writing
        said = self.checker.after_run(settled, receipt if command == "ingest" else None, ends_it, command == "ingest")
        if command == "replicate":
            said += self._check_copy(settled, receipt, ends_it)
        if self.deposited:
            said += self.checker.receipts_are_whole(self.deposited, receipt if status in (0, 1) else None)
        last = run.said() if said else ""
        if command == "restore":
            said += self.checker.restored_as_promised(self.restored, status)
        self.broken += [f"after {command}, status {status}: {text}; its last words: {last}" for text in said]
        self.broken += self.checker.ledger_is_sound(f"{self.folder}/ledger.db", status_lines, self.url)

    def _check_copy(self, status, receipt, ends_it):
        """What is at the second place is as promised; status 0 says that all that receipts claim of the first is there."""
        said = self.copy.after_run(status, receipt, ends_it, False)
        if status == 0:
            there = self.copy.before
            said += [f"replicated with status 0, without {key}" for key in self.checker.claimed
                     if not self.checker.foreign.get(key) and key not in there]
        return [f"copy: {text}" for text in said]

    def _status_lines(self):
        if not os.path.exists(f"{self.folder}/ledger.db"):
            return []
        done = subprocess.run([self.options.program, "status", "--json", "--ledger", f"{self.folder}/ledger.db"],
                              env=self.env({}), capture_output=True, text=True, timeout=PATIENCE, check=False)
        return checking.json_lines(done.stdout)

    def undisturbed(self):
        """The same command, with nothing in its way, until it settles every file."""
        if self.front:
            self.front.heal()
        time.sleep(0.05)  # the server does what it had got whole
        if os.path.exists(f"{self.folder}/other.db"):  # what its runs may have left, nobody else takes away
            time.sleep(1)
            self._check("uploads", self._start("uploads", {}, "other").wait(), False)
        for _ in range(3):
            run = self._start("ingest", {}).wait()
            self._check("ingest", run, False)
            if run.process.returncode in (0, 1):
                break
        self.broken += [f"at the end: {text}" for text in self.checker.at_the_end(run.process.returncode, self.local_good)]
        if all(self.local_good.values()) and not self.checker.foreign:
            run = self._start("replicate", {}).wait()
            self._check("replicate", run, False)
            said = self.copy.at_the_end(run.process.returncode, self.local_good)
            self.broken += [f"copy, at the end: {text}" for text in said]

    def run(self):
        self.running = []
        try:
            for _ in range(self.dice.randint(3, 8)):
                self.disturbed()
            self.undisturbed()
        finally:
            for run in self.running:
                if run.process.poll() is None:
                    run.process.kill()
                    run.process.wait()
            if self.front:
                self.front.end()
        self.table.objects += self.checker.objects + self.copy.objects
        self.table.surplus += self.checker.surplus + self.copy.surplus
        self.table.episodes += 1
        return self.broken


def played(seed, options, server, table, folder):
    """What an episode broke, then what was done in it; an episode that breaks the checker has broken something."""
    broken, history = [], []
    try:
        episode = Episode(seed, options, server, table, folder)
        history = episode.history
        broken = episode.run()
    except Exception:  # whatever it is, the other episodes go on
        broken = [traceback.format_exc()]
    if broken:
        table.violations += len(broken)
        print(f"VIOLATION: tools/torture --seed {seed} --episodes 1\n  " + "\n  ".join(broken + history), flush=True)
    return bool(broken)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("program", "scripted", "inject"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--gateway", help="two buckets of the server that AWS_* names: with versions, without")
    parser.add_argument("--keep", help="a folder for the traces, ledgers and outputs of episodes with a violation")
    parser.add_argument("--minutes", type=float, default=6)
    parser.add_argument("--episodes", type=int, default=sys.maxsize)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    folder, table, seed = tempfile.mkdtemp(prefix="accession-torture."), Table(), options.seed
    gateway = world.Gateway(options.gateway.split(",")) if options.gateway else None
    scripted = world.Scripted(options.scripted, folder)
    end = time.monotonic() + options.minutes * 60
    while time.monotonic() < end and table.episodes < options.episodes:
        where = tempfile.mkdtemp(dir=folder)
        # An even seed is played on the gateway, where there is one.
        broken = played(seed, options, gateway if gateway and seed % 2 == 0 else scripted, table, where)
        if broken and options.keep:
            shutil.copytree(where, os.path.join(options.keep, str(seed)), dirs_exist_ok=True)
        shutil.rmtree(where)
        seed += 1
    scripted.end()
    shutil.rmtree(folder)
    table.show()
    print(f"seeds {options.seed} to {seed - 1}")
    return 1 if table.violations or not table.faults else 0


if __name__ == "__main__":
    sys.exit(main())
