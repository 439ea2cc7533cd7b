"""What the program is run in: folders, ledgers, a server, and ways to interrupt it.

A Scripted server is the test's own (tests/lib/scripted_s3); a Gateway is whatever AWS_* names. Each sequence has
a prefix of its own there and an empty folder here.
"""
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request

import bucket_look
import contents

PATIENCE = 60  # seconds for one run; the slowest takes three
COLLECTION = "col"


class Hang(Exception):
    pass


class Scripted:
    """One server for a whole worker; its buckets are emptied for each sequence."""
    bucket = "archive"

    def __init__(self, executable, folder):
        self.log = os.path.join(folder, "requests")
        scenario = os.path.join(folder, "scenario")
        open(scenario, "w").close()
        self.process = subprocess.Popen([executable, "--scenario", scenario, "--log", self.log],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = "http://127.0.0.1:" + self.process.stdout.readline().split()[1]
        os.environ.setdefault("AWS_ACCESS_KEY_ID", "MODEL")
        os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "secret")
        self.s3 = bucket_look.client(self.url)

    def begin(self, world):
        self.config = (f"config versioned={'yes' if world['versioned'] else 'no'} min-part=5M "
                       f"checksums={world['checksums']} if-none-match={world['if-none-match']}\n")
        self.control("POST", "reset")
        self.control("PUT", "scenario", self.config)
        return self.bucket

    def stall_at(self, request, acted):
        self.control("POST", "counters/reset")
        self.seen = os.path.getsize(self.log)
        self.control("PUT", "scenario", self.config + f"on * nth={request} {'act then ' if acted else ''}stall\n")

    def stalls(self):
        with open(self.log, encoding="ascii") as log:
            log.seek(self.seen)
            return any("stall" in line.split()[6] for line in log if len(line.split()) > 6)

    def settle(self):
        self.control("PUT", "scenario", self.config)

    def control(self, method, what, body=None):
        request = urllib.request.Request(f"{self.url}/_control/{what}", (body or "").encode(), method=method)
        urllib.request.urlopen(request).close()

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Gateway:
    """A real server: runs are killed after a time instead of at a request."""

    def __init__(self, buckets):
        self.url = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ["AWS_ENDPOINT_URL"]
        self.s3 = bucket_look.client(self.url)
        self.versioned, self.unversioned = buckets

    def begin(self, world):
        return self.versioned if world["versioned"] else self.unversioned

    def stall_at(self, request, acted):
        self.due = time.monotonic() + request * 0.004

    def stalls(self):
        return time.monotonic() >= self.due

    def settle(self):
        """What a killed client sent whole, the gateway still does; nothing says when it has."""
        time.sleep(0.05)

    def end(self):
        pass


class World:
    def __init__(self, program, server, folder, name, settings):
        self.program, self.server, self.folder = program, server, folder
        self.store = contents.Store(os.path.join(folder, "contents"))
        bucket = server.begin(settings)
        self.prefix = f"{name}/{COLLECTION}"
        self.parent_url, self.url = f"s3://{bucket}/{name}", f"s3://{bucket}/{self.prefix}"
        self.bucket = bucket_look.Bucket(server.s3, bucket, self.prefix)
        self.env = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "ACCESSION"))}
        self.env.update(AWS_ENDPOINT_URL=server.url, AWS_REGION="us-east-1", AWS_EC2_METADATA_DISABLED="true",
                        HOME=folder, XDG_STATE_HOME=os.path.join(folder, "state"), LC_ALL="C.UTF-8")
        self.count = 0

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def ledger_options(self, ledger):
        return ["--ledger", self.path(f"ledger-{ledger}.db")]

    def run_options(self, ledger):
        return self.ledger_options(ledger) + ["--receipts", self.path("receipts")]

    def has_ledger(self, ledger):
        return os.path.exists(self.path(f"ledger-{ledger}.db"))

    def lose(self, ledger):
        for name in os.listdir(self.folder):
            if name.startswith(f"ledger-{ledger}.db"):
                os.unlink(self.path(name))

    # --- deliveries ---

    def folder_for(self, step):
        self.count += 1
        folder = self.path(f"delivery-{self.count}", COLLECTION)
        os.makedirs(folder)
        for key, (local, _) in step.files.items():
            if local is not None:
                self.store.link(local, os.path.join(folder, key))
        return folder

    def lists(self, step):
        """Writes the step's manifests; the options that name them."""
        options = []
        self.count += 1
        for algorithm in step.algorithms:
            write = contents.csv_list if step.sized else contents.checksum_list
            path = self.path(f"{algorithm}-{self.count}.{'csv' if step.sized else 'list'}")
            with open(path, "w", encoding="utf-8") as file:
                file.write(write(algorithm, step.promises()))
            options += ["--manifest", path]
        return options

    def run(self, *arguments):
        """(exit status, standard output, standard error)"""
        process = subprocess.Popen([self.program, *arguments], env=self.env, cwd=self.folder, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, err = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Hang(f"accession {' '.join(arguments)} did not end within {PATIENCE} s")
        return process.returncode, out, err

    def run_together(self, *commands):
        """[(exit status, standard output)] of commands that only read."""
        running = [subprocess.Popen([self.program, *command], env=self.env, cwd=self.folder,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                   for command in commands]
        return [(out, process.returncode) for process, out in
                [(process, process.communicate(timeout=PATIENCE)[0]) for process in running]]

    def ingest(self, step, folder):
        options = ["--dry-run"] if step.dry else []
        return ["ingest", "--json", "--no-progress", "--part-size", "5M", *options, *self.run_options(step.ledger),
                *([] if step.inside else self.lists(step)), folder, self.url]

    def deliver(self, step):
        return self.run(*self.ingest(step, self.folder_for(step)))

    def deliver_killed(self, step):
        """Ends with SIGKILL when the server stalls at the step's request. Says whether it was killed."""
        self.server.stall_at(step.kill, step.acted)
        process = subprocess.Popen([self.program, *self.ingest(step, self.folder_for(step))], env=self.env,
                                   cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE
        while process.poll() is None and not self.server.stalls() and time.monotonic() < end:
            time.sleep(0.002)
        ended = process.poll() is not None
        process.kill()
        process.wait()
        self.server.settle()
        if not ended and time.monotonic() >= end:
            raise Hang(f"no end and no request number {step.kill} within {PATIENCE} s")
        return not ended

    def deliver_watched(self, step):
        """By a watched folder: (archived or not, the receipt, RECEIPT.txt or WHY.txt)."""
        folder = self.folder_for(step)
        drop = self.path(f"drop-{self.count}")
        os.makedirs(drop)
        os.rename(folder, os.path.join(drop, COLLECTION))
        watcher = subprocess.Popen(
            [self.program, "watch", "--ready", "rename", "--settle", "1s", "--after", "move", "--part-size", "5M",
             *self.run_options(step.ledger), drop, self.parent_url],
            env=self.env, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        ends = {name: os.path.join(drop, name, COLLECTION) for name in ("done", "rejected")}
        limit = time.monotonic() + PATIENCE
        try:
            texts = {"done": "RECEIPT.txt", "rejected": "WHY.txt"}
            while not any(os.path.exists(os.path.join(end, texts[name])) and os.path.exists(os.path.join(end, COLLECTION))
                          for name, end in ends.items()):
                if time.monotonic() > limit or watcher.poll() is not None:
                    raise Hang("the watcher moved the arrival neither to done/ nor to rejected/")
                time.sleep(0.02)
        finally:
            watcher.send_signal(signal.SIGTERM)
            watcher.wait()
        done = os.path.exists(ends["done"])
        end = ends["done" if done else "rejected"]
        with open(os.path.join(end, texts["done" if done else "rejected"]), encoding="utf-8") as file:
            why = file.read()
        receipt = os.path.join(end, "receipt.json")
        return done, load(receipt) if os.path.exists(receipt) else None, why

    def clean(self):
        shutil.rmtree(self.folder)


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def lines_of(out):
    """JSON Lines: {type: [objects]}"""
    found = {}
    for line in out.splitlines():
        event = json.loads(line)
        found.setdefault(event["type"], []).append(event)
    return found
