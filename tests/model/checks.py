"""Compares what a step left behind with the reference: bucket, receipt, summary, status and reports.

Everything that is found wrong is a Violation; its kind says which promise was broken, and shrinking looks for the
same kind again.
"""
import csv
import io
import json
import xml.etree.ElementTree as xml

import contents
from reference import FAILED, SUCCESS, WITHHELD

PREMIS = "{http://www.loc.gov/premis/v3}"
NOTHING = "nothing"


class Violation(Exception):
    def __init__(self, kind, text):
        super().__init__(f"{kind}: {text}")
        self.kind = kind


def need(condition, kind, text):
    if not condition:
        raise Violation(kind, text)


# --- the bucket ---

def bucket_changed_only_by(before, after, may, must):
    """Between two looks only the keys of `may` got a version, of that content; those of `must` did."""
    for key in before.keys() | after.keys():
        old, new = before.get(key, []), after.get(key, [])
        for version in old:
            still = [one for one in new if one.same_object(version)]
            need(still, "replaced", f"{key}: {version} is gone; now {new or NOTHING}")
        added = [one for one in new if not any(one.same_object(version) for version in old)]
        need(len(added) <= 1, "written-twice", f"{key}: {added}")
        for one in added:
            name = contents.NAME_OF.get(one.sha256, "what no delivery has")
            need(key in may, "visible-unverified", f"{key}: {name} became visible")
            need(may[key] == name, "visible-unverified", f"{key}: {name} became visible instead of {may[key]}")
            need(new[-1] is one, "not-current", f"{key}: what was written is not what readers get")
        need(added or key not in must, "not-sent", f"{key}: {must.get(key)} should be there")


def names_of(versions):
    return {key: [contents.NAME_OF.get(one.sha256, "unknown") if one.sha256 else None for one in found]
            for key, found in versions.items()}


# --- a run's own words ---

def outcomes_are_right(receipt, right):
    """Every entry's outcome is one that the reference allows; {key: outcome}."""
    got = {entry["path"]: entry["outcome"] for entry in receipt["entries"]}
    need(got.keys() == right.keys(), "entries", f"receipt has {sorted(got)}, the lists name {sorted(right)}")
    for key, outcome in got.items():
        need(outcome in right[key], "outcome", f"{key}: {outcome}, right is {' or '.join(sorted(right[key]))}")
    return got


def exit_status_is_right(status, outcomes):
    ok = all(outcome in SUCCESS for outcome in outcomes.values())
    need(status == (0 if ok else 1), "exit-status", f"{status} with outcomes {outcomes}")


def receipt_is_right(receipt, step, held):
    """`held`: {key: [Version]} after the run."""
    counted = {}
    for entry in receipt["entries"]:
        key, archived = entry["path"], entry["archived"]
        counted[entry["outcome"]] = counted.get(entry["outcome"], 0) + 1
        promised = {algorithm: contents.digest(algorithm, step.files[key][1]) for algorithm in step.algorithms_of(key)}
        need(entry["promised"]["digests"] == promised, "promised", f"{key}: receipt says {entry['promised']}")
        if entry["outcome"] not in SUCCESS:
            need(entry["code"] and entry["reason"], "no-reason", f"{key}: {entry['outcome']} without a reason")
            continue
        need(archived, "receipt-claims", f"{key}: {entry['outcome']}, and what is archived is not said: {entry}")
        there = [one for one in held.get(key, []) if one.sha256 == archived["digests"].get("sha256")]
        need(there, "receipt-claims", f"{key}: receipt claims {archived}, the bucket holds {held.get(key, NOTHING)}")
        need(any(one.etag == archived["etag"] and one.size == archived["size"] and
                 one.id == (archived["version_id"] or "null") for one in there),
             "receipt-object", f"{key}: {archived} is none of {[vars(one) for one in there]}")
        for algorithm, digest in archived["digests"].items():
            need(digest in contents.DIGESTS_OF[contents.NAME_OF[there[-1].sha256]], "receipt-claims", f"{key}: {algorithm}")
    for outcome, count in receipt["counts"].items():
        if outcome in ("archived", "already", "failed", "conflict", "parked", "not_begun", "withheld"):
            need(count == counted.get(outcome, 0), "receipt-counts", f"{outcome} {count}, entries have {counted}")
    need(receipt["counts"]["entries"] == len(receipt["entries"]), "receipt-counts", "entries")


def summary_is_right(summary, status, outcomes):
    tally = {name: sum(outcome == which for outcome in outcomes.values())
             for name, which in (("sent", "archived"), ("already", "already"), ("failed", "failed"), ("conflicts", "conflict"),
                               ("withheld", "withheld"))}
    said = {name: summary[name] for name in tally}
    need(said == tally, "summary", f"says {said}, outcomes are {outcomes}")
    need(summary["files"] == len(outcomes), "summary", f"files {summary['files']}")
    need(summary["exit_status"] == status, "summary", f"exit status {summary['exit_status']}, ended with {status}")
    need((summary["outcome"] == "OK") == (status == 0), "summary", f"outcome {summary['outcome']} with status {status}")


def nothing_left_open(uploads, earlier, outcomes):
    """A run that ended has no claim and no upload of what it settled. `uploads`: {upload id: key} of its ledger's.

    What a killed run left of a file that this one withheld is taken up, or ended, by the run that sends the file.
    """
    for upload, key in uploads.items():
        stays = (None, FAILED, WITHHELD) if upload in earlier else (None, FAILED)
        need(not key.startswith(".accession-probe/"), "left-open", f"a claim or probe, {key}")
        need(outcomes.get(key) in stays, "left-open", f"an upload of {key}, which is {outcomes.get(key)}")


# --- status and reports ---

def status_is_right(lines, url, reference, ledger):
    """What the ledger saw archived and no check disproved is counted; nothing else is."""
    row = next((one for one in lines.get("destination", []) if one["url"] == url), {"archived": 0, "refused": 0})
    seen, perhaps = reference.promises_of_ledger(ledger)
    # What a killed run may have recorded since is what the ledger then looks for. An object that another client
    # replaced, even by the same content, counts again once it is compared.
    rewritten = reference.rewritten.get(ledger, set())
    still = sum(reference.now(key) == name == perhaps.get(key, name) and key not in rewritten
                for key, name in seen.items())
    most = seen.keys() | perhaps.keys()
    need(still <= row["archived"] <= len(most), "status",
         f"{row['archived']} archived; the ledger saw {seen}, of which {still} are there, and perhaps {perhaps}")
    refused = reference.refused.get(ledger, set())
    unheard = reference.unheard.get(ledger, set())
    need(len(refused - most - unheard) <= row["refused"] <= len(refused | unheard), "status",
         f"{row['refused']} refused; refused were {sorted(refused)}")


def json_report_is_right(report, receipt):
    need(json.loads(report) == receipt, "report-json", "is not the receipt")


def manifest_report_is_right(report, outcomes, versions):
    want = {key for key, outcome in outcomes.items() if outcome in SUCCESS}
    lines = report.splitlines()
    got = {line.split("  ", 1)[1]: line.split("  ", 1)[0] for line in lines if not line.startswith("# ")}
    # A refused delivery leaves what is archived on the list, with the digests that it has.
    need(want <= got.keys() <= outcomes.keys(), "report-manifest", f"lists {sorted(got)}, archived are {sorted(want)}")
    for key, digest in got.items():
        if f"# another client wrote a newer version of: {key}" in lines:
            need(key not in want, "report-manifest", f"{key} is {outcomes[key]}, and called replaced")
            need(digest in [one.sha256 for one in versions[key][:-1]], "report-manifest", f"{key}: {digest} is no older version's")
        else:
            digests_are_of({digest}, content_of(versions, key), "report-manifest", key)


def csv_report_is_right(report, outcomes, versions):
    rows = {row["path"]: row for row in csv.DictReader(io.StringIO(report, newline=""))}
    need({key: row["outcome"] for key, row in rows.items()} == outcomes, "report-csv", f"outcomes {rows}")
    for key, row in rows.items():
        digests = {row[algorithm] for algorithm in contents.ALGORITHMS} - {""}
        # What is not a success may name the older version that was archived, with its digests.
        older = row["version_id"] if row["outcome"] not in SUCCESS and row["reason"] else ""
        digests_are_of(digests, content_of(versions, key, older), "report-csv", key)
        need(bool(digests) or row["outcome"] not in SUCCESS, "report-csv", f"{key}: no digest of what is archived")


def premis_report_is_right(report, url, receipt, outcomes, versions):
    promised = {entry["path"]: set(entry["promised"]["digests"].values()) for entry in receipt["entries"]}
    found = set()
    for item in xml.fromstring(report).iter(PREMIS + "object"):
        uri = item.findtext(f"{PREMIS}objectIdentifier/{PREMIS}objectIdentifierValue")
        if uri == url:
            continue
        key = uri[len(url) + 1:]
        found.add(key)
        digests = {element.text for element in item.iter(PREMIS + "messageDigest")}
        named = [value.partition("?versionId=")[2] for value in
                 (element.text for element in item.iter(PREMIS + "objectIdentifierValue")) if "?versionId=" in value]
        held = content_of(versions, key, named[0] if named and outcomes[key] not in SUCCESS else "")
        stored = item.find(PREMIS + "storage") is not None
        if outcomes[key] in (FAILED, WITHHELD) and not stored:  # described by its promise alone
            need(digests <= promised[key], "report-premis", f"{key} carries {digests}, which nobody promised")
        elif held is not None:
            digests_are_of(digests, held, "report-premis", key)
        need(stored or outcomes[key] not in SUCCESS, "report-premis", f"{key} is {outcomes[key]}, not stored")
        need(not stored or held is not None, "report-premis", f"{key} is stored, the bucket has nothing")
    need({key for key, outcome in outcomes.items() if outcome in SUCCESS} <= found <= outcomes.keys(), "report-premis",
         f"objects {sorted(found)}, entries {outcomes}")


def content_of(versions, key, version_id=""):
    """The name of what a version holds; of the one that readers get unless the bucket keeps that version."""
    kept = [one for one in versions.get(key, []) if one.id == version_id] or versions.get(key, [])[-1:]
    return names_of({key: kept})[key][0] if kept else None


def digests_are_of(digests, held, kind, key):
    need(digests <= contents.DIGESTS_OF.get(held, set()), kind, f"{key} carries {digests}, which the bucket's {held} does not have")


# --- verifications ---

def verification_is_right(status, lines, right, perhaps, held):
    """`right`: {key: allowed findings}; `perhaps`: of keys that may be checked or not; `held`: keys with content."""
    got = {event["path"]: event["finding"] for event in lines.get("check", []) if event["finding"] != "extra"}
    need(right.keys() <= got.keys() <= right.keys() | perhaps.keys(), "verify-entries",
         f"checked {sorted(got)}, named are {sorted(right)}, perhaps {sorted(perhaps)}")
    # A killed run may have recorded another content of a key than the one that was seen before.
    right, extras = {key: right.get(key, set()) | perhaps.get(key, set()) for key in right.keys() | perhaps.keys()}, held - got.keys()
    for key, finding in got.items():
        need(finding in right[key], "finding", f"{key}: {finding}, right is {' or '.join(sorted(right[key]))}")
    more = {event["path"] for event in lines.get("check", []) if event["finding"] == "extra"}
    need(more == extras, "extras", f"{sorted(more)}, right is {sorted(extras)}")
    ok = not extras and all(finding == "unchanged" for finding in got.values())
    need(status == (0 if ok else 1), "verify-status", f"{status} with {got} and extras {sorted(more)}")
