"""The independent checker: what must be true after any run, whatever was done to it.

It reads the bucket by botocore, the ledger's file by SQLite's own check, receipts and status as programs do, and shares
no code with accession. Every broken promise is a line of text; no line, no violation.
"""
import gzip
import hashlib
import json
import os
import sqlite3

DOCUMENTED = {0, 1, 2, 3, 4, 5, 130, 143}
PROBES = ".accession-probe/"


def sha256_of(body):
    return hashlib.sha256(body).hexdigest()


class Checker:
    def __init__(self, bucket, versioned, promised):
        """`promised`: {key: sha256}, what the delivery's list says of each."""
        self.bucket, self.versioned, self.promised = bucket, versioned, promised
        self.foreign = {}  # key: sha256s that another client put there
        self.latest = set()  # keys that another client wrote during the run that is checked next
        self.before = {}
        self.claimed = set()  # keys that a receipt says are archived
        self.objects = self.surplus = 0  # checked so far; versions of one content beside each other
        self.interrupted = False  # a run may have left a write on its way, which nobody heard of

    def foreign_put(self, key, sha256):
        self.foreign.setdefault(key, set()).add(sha256)
        self.latest.add(key)

    def after_run(self, status, receipt, fault_ends_it, promises_all):
        """`receipt`: of a run that wrote here and ended. `fault_ends_it`: a signal or a lack of memory may have ended the
        process. `promises_all`: with status 0 all of the delivery is there."""
        now = self.bucket.versions()
        self.objects += sum(len(found) for found in now.values())
        broken = list(self._visible_is_verified(now)) + list(self._nothing_is_replaced(now))
        if status not in DOCUMENTED and not (status < 0 and fault_ends_it):
            broken.append(f"ended with {status}")
        if status == 0 and promises_all:
            broken += [f"status 0, and {key} is {self._now(now, key)}" for key, sha256 in self.promised.items()
                       if self._now(now, key) != sha256 and key not in self.latest]
        if receipt:
            broken += list(self._receipt_claims_what_is_there(receipt, status, now))
        self.interrupted = self.interrupted or receipt is None or status not in (0, 1)
        broken += list(self._surplus_is_reported(receipt, now))
        self.before, self.latest = now, set()
        return broken

    def restored_as_promised(self, folder, status):
        """A file of the list that has its name has its content; status 0 says that each has."""
        right = set()
        for key, sha256 in self.promised.items():
            path = os.path.join(folder, key)
            if not os.path.exists(path):
                continue
            with open(path, "rb") as file:
                if sha256_of(file.read()) == sha256:
                    right.add(key)
                else:
                    yield f"restored, and not as promised: {key}"
        listed = {key for key in self.promised if not key.endswith("SUMS")}  # the list does not name itself
        if status == 0 and not listed <= right:
            yield f"restored with status 0, without {sorted(listed - right)[:3]}"

    def at_the_end(self, status, local_good):
        """After the last, undisturbed run: complete, and nothing is open."""
        broken = [f"left open: {key}" for key in self.bucket.uploads().values()]
        good = all(local_good[key] and not self.foreign.get(key) for key in self.promised)
        if good and status != 0:
            broken.append(f"undisturbed, the last run ended with {status}")
        if not good and status == 0:
            broken += [f"the last run ended with 0, and {key} is not as promised" for key, sha256 in self.promised.items()
                       if self._now(self.before, key) != sha256]
        return broken

    def ledger_is_sound(self, path, status_lines, url):
        if not os.path.exists(path):
            return []
        # Not read-only: after a kill SQLite has to recover what the write-ahead log holds before it can read.
        with sqlite3.connect(path, timeout=30) as ledger:
            (said,) = ledger.execute("PRAGMA integrity_check").fetchone()
        broken = [] if said == "ok" else [f"ledger: {said}"]
        for row in status_lines:
            if row["type"] == "destination" and row["url"] == url:
                there = sum(self._now(self.before, key) is not None or bool(self.foreign.get(key)) for key in self.promised)
                if row["archived"] > there:
                    broken.append(f"status says {row['archived']} archived, the bucket has {there}")
        return broken

    @staticmethod
    def _now(versions, key):
        return versions[key][-1].sha256 if key in versions else None

    def _visible_is_verified(self, now):
        for key, found in now.items():
            right = {self.promised.get(key)} | self.foreign.get(key, set())
            for version in found:
                if version.sha256 is not None and version.sha256 not in right:
                    yield f"visible, and not as promised: {key} {version}"
            if not self.versioned and len(found) > 1:
                yield f"{len(found)} versions in a bucket without: {key}"

    def receipts_are_whole(self, bucket, receipt):
        """What lies below --receipts s3://: each what its name says, and that of a run that ended well among them."""
        names = set()
        for key, found in bucket.versions().items():
            names.add(key.removesuffix(".json.gz"))
            if len({one.sha256 for one in found}) > 1:
                yield f"receipt {key} was replaced: {found}"
            head = bucket.s3.get_object(Bucket=bucket.name, Key=f"{bucket.prefix}/{key}")
            body = head["Body"].read()
            if head["Metadata"].get("sha256") != sha256_of(body):
                yield f"receipt {key} is not what its metadata say"
            if json.loads(gzip.decompress(body))["run"]["name"] != key.removesuffix(".json.gz"):
                yield f"receipt {key} is of another run"
        if receipt and receipt["run"]["name"] not in names:
            yield f"the receipt of {receipt['run']['name']} is not in the bucket"

    def _surplus_is_reported(self, receipt, now):
        """A lost answer may leave a version more, of the same content. The run that wrote it says so."""
        def ours(versions, key):
            return sum(one.sha256 == self.promised.get(key) for one in versions.get(key, []))
        new = {key: ours(now, key) - max(1, ours(self.before, key)) for key in now}
        more = sum(count for count in new.values() if count > 0)
        self.surplus += more
        if more and receipt and not self.interrupted and not (receipt["summary"] or {}).get("surplus"):
            yield f"{more} surplus versions, not reported: {[key for key, count in new.items() if count > 0][:3]}"

    def _nothing_is_replaced(self, now):
        for key, found in self.before.items():
            for version in found:
                if any(one.same_object(version) for one in now.get(key, [])):
                    continue
                # Without versions another client's write replaces; that is no fault of ours.
                if self.versioned or self._now(now, key) not in self.foreign.get(key, set()):
                    yield f"gone or replaced: {key} {version}, now {now.get(key)}"

    def _receipt_claims_what_is_there(self, receipt, status, now):
        success = True
        for entry in receipt["entries"]:
            success = success and entry["outcome"] in ("archived", "already")
            claim, key = entry["archived"], entry["path"]
            if claim is None:
                continue
            if not any(one.sha256 == claim["digests"]["sha256"] for one in now.get(key, [])) and not self.foreign.get(key):
                yield f"the receipt claims {key}, the bucket has {now.get(key)}"
            self.claimed.add(key)
            if claim["digests"]["sha256"] != self.promised[key]:
                yield f"the receipt has {key} archived with other content than promised"
        if receipt["run"]["kind"] in ("ingest", "replicate") and (status == 0) != success and status in (0, 1):
            yield f"status {status}, and the receipt's entries say {'success' if success else 'otherwise'}"


def json_lines(text, whole=True):
    """Of a process that was ended from outside, the last line may lack its end."""
    lines = text.split("\n") if whole else text.split("\n")[:-1]
    return [json.loads(line) for line in lines if line.startswith("{")]
