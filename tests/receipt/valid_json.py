"""valid_json.py SCHEMA RECEIPT...: each receipt is what the schema says and adds up, and the schema
refuses receipts that are spoilt."""
import copy
import json
import sys

import jsonschema

OUTCOMES = ("archived", "already", "failed", "conflict", "parked", "not_begun",
            "unchanged", "different", "unreadable", "not_checked")
SPOILERS = {
    "no digests": lambda r, e: e["archived"].pop("digests"),
    "nothing archived": lambda r, e: e.update(archived=None, outcome="archived"),
    "a short digest": lambda r, e: e["archived"]["digests"].update(sha256="ab"),
    "an unknown member": lambda r, e: r.update(outcome="fine"),
    "a checked entry unchecked": lambda r, e: e.update(outcome="unchanged", checked=None),
    "another version": lambda r, e: r.update(receipt=2),
}


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


schema = load(sys.argv[1])
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for path in sys.argv[2:]:
    receipt = load(path)
    validator.validate(receipt)
    counts, entries = receipt["counts"], receipt["entries"]
    assert sum(counts[o] for o in OUTCOMES) == counts["entries"] == len(entries) > 0, counts
    for outcome in OUTCOMES:
        assert counts[outcome] == sum(e["outcome"] == outcome for e in entries), outcome
    for name, spoil in SPOILERS.items():
        spoilt = copy.deepcopy(receipt)
        spoil(spoilt, next(e for e in spoilt["entries"] if e["archived"]))
        assert not validator.is_valid(spoilt), f"{path}: accepted with {name}"
