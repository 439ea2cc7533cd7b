"""same_csv.py JSON CSV: an independent reader of RFC 4180 finds the JSON receipt's rows in the CSV."""
import csv
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    entries = json.load(file)["entries"]
with open(sys.argv[2], "rb") as file:
    raw = file.read()
assert raw.endswith(b"\r\n")
rows = list(csv.DictReader(raw.decode("utf-8").splitlines(keepends=True), strict=True))
assert len(rows) == len(entries), (len(rows), len(entries))
for row, entry in zip(rows, entries):
    archived, checked = entry["archived"] or {}, entry["checked"] or {}
    digests = archived.get("digests", {})
    assert row["path"] == entry["path"], (row, entry)
    assert row["key"] == entry["key"]
    assert row["outcome"] == entry["outcome"]
    assert row["version_id"] == (archived.get("version_id") or "")
    assert row["checksum"] == (archived.get("checksum") or "")
    assert row["level"] == (checked.get("level") or "")
    assert row["time"] == (checked.get("at") or archived.get("at") or ""), (row, entry)
    for algorithm in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3-256", "sha3-512",
                      "blake2b-512", "blake2s-256", "sha512-256", "ripemd160", "sm3"):
        assert row[algorithm] == digests.get(algorithm, ""), (row, algorithm)
    size = archived.get("size", entry["promised"]["size"])
    assert row["size"] == ("" if size is None else str(size)), (row, entry)
    assert row["reason"] == (entry["reason"] or "")
