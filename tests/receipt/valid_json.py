"""valid_json.py SCHEMA RECEIPT_SAMPLE: receipts are what their schema says, and the schema refuses
receipts that are not."""
import copy
import json
import subprocess
import sys
import tempfile

import jsonschema

with open(sys.argv[1], encoding="utf-8") as f:
    schema = json.load(f)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)

number = 0


def check(good, what):
    global number
    number += 1
    print(f"{'ok' if good else 'not ok'} {number} - {what}")
    return good


with tempfile.TemporaryDirectory() as folder:
    subprocess.run([sys.argv[2], folder, "300", "json"], check=True, stdout=subprocess.DEVNULL)
    with open(folder + "/receipt.json", encoding="utf-8") as f:
        receipt = json.load(f)

print("1..8")
errors = [e.message for e in validator.iter_errors(receipt)]
check(not errors, f"a receipt of every outcome is valid {errors[:3]}")
check(len({e["outcome"] for e in receipt["entries"]}) == 6, "it holds every outcome")
counts = receipt["counts"]
check(sum(counts[o] for o in ("archived", "already", "failed", "conflict", "parked", "not_begun"))
      == counts["entries"] == len(receipt["entries"]) == 300, "its counts add up")
check([e["key"] for e in receipt["entries"]]
      == ["digitised/b24967646/" + e["path"] for e in receipt["entries"]], "keys are prefix and path")


def spoil(change):
    spoilt = copy.deepcopy(receipt)
    change(spoilt, next(e for e in spoilt["entries"] if e["outcome"] == "archived"))
    return not validator.is_valid(spoilt)


check(spoil(lambda r, e: e["archived"].pop("digests")), "an entry archived without digests is refused")
check(spoil(lambda r, e: e.update(archived=None)), "an archived entry without its object is refused")
check(spoil(lambda r, e: e["archived"]["digests"].update(sha256="ab")), "a short digest is refused")
check(spoil(lambda r, e: r.update(outcome="fine")), "an unknown member is refused")
