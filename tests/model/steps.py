"""Steps as plain data: drawn from a seed, written as JSON, read back for --replay, made smaller for shrinking.

    deliver   ingest a folder; dry, killed at a request, or by a watched folder instead
    verify    at a level, against a list or against what the ledger archived
    foreign   another client puts or deletes a key
    lose      the ledger is gone
"""
import dataclasses
import json

import contents
from contents import ALGORITHMS, LARGE, SMALL

KEYS = ("a", "b", "dir/c")
LEDGERS = ("one", "two")


@dataclasses.dataclass
class Step:
    kind: str
    ledger: str = "one"
    files: dict = dataclasses.field(default_factory=dict)  # key: [local content or None, promised content]
    algorithms: tuple = ("sha256",)
    sized: bool = False  # a CSV with sizes instead of checksum lists
    dry: bool = False
    watch: bool = False
    inside: bool = False  # its list lies among the files
    kill: int = 0  # at this request, 0 for never
    acted: bool = False  # killed after the server acted on it, else before
    level: str = "read"
    by_ledger: bool = False
    key: str = ""
    content: str = None  # None: deleted

    def with_list(self):
        """Where the list lies among the files, it is archived with them."""
        if not (self.watch or self.inside):
            return self
        (algorithm,) = self.algorithms
        name = contents.add(contents.checksum_list(algorithm, self.promises()).encode())
        return dataclasses.replace(self, files={**self.files, f"{algorithm.upper()}SUMS": [name, name]})

    def lists(self):
        """Those of the files."""
        return [key for key in self.files if key.endswith("SUMS")]

    def algorithms_of(self, key):
        return ("sha256",) if key.endswith("SUMS") else self.algorithms

    def promises(self):
        return {key: promised for key, (_, promised) in self.files.items()}

    def __str__(self):
        plain = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)
                 if getattr(self, field.name) != field.default and getattr(self, field.name) not in ({}, ("sha256",))}
        return json.dumps(plain)


def from_json(data):
    step = Step(**data)
    step.algorithms = tuple(step.algorithms)
    return step


def draw_world(random):
    """What stays the same during a sequence."""
    return {
        "versioned": random.random() < 0.5,
        "checksums": random.choice(("verified", "verified", "stored", "ignored")),
        "if-none-match": random.choice(("yes", "yes", "put", "no")),
    }


def draw(random, length):
    steps = []
    while len(steps) < length:
        steps.append(_draw_one(random, steps))
    return steps


def _draw_one(random, before):
    kind = random.choices(("deliver", "again", "dry", "kill", "watch", "verify", "foreign", "lose"),
                          (30, 14, 8, 10, 2, 20, 14, 2))[0]
    deliveries = [step for step in before if step.kind == "deliver"]
    if kind == "again" and deliveries:
        earlier = deliveries[-1]
        return dataclasses.replace(earlier, kill=0, dry=False,
                                   ledger=earlier.ledger if random.random() < 0.8 else _ledger(random))
    if kind == "foreign":
        return Step("foreign", key=random.choice(KEYS), content=random.choice(SMALL + LARGE[:1] + (None, None)))
    if kind == "lose":
        return Step("lose", ledger=_ledger(random))
    if kind == "verify":
        return Step("verify", ledger=_ledger(random), level=random.choice(("listed", "stored", "read")),
                    by_ledger=random.random() < 0.3, files=_files(random, wrong=0), **_list(random))
    step = Step("deliver", ledger=_ledger(random), files=_files(random, wrong=0.12), **_list(random))
    if kind == "dry":
        step.dry = True
    elif kind == "kill":
        step.kill, step.acted = random.randint(1, 22), random.random() < 0.5
    elif kind == "watch":
        step.watch, step.sized, step.algorithms = True, False, step.algorithms[:1]
    if not step.watch and random.random() < 0.3:
        step.inside, step.sized, step.algorithms = True, False, step.algorithms[:1]
    return step


def _ledger(random):
    return LEDGERS[random.random() < 0.2]


def _list(random):
    algorithms = random.sample(ALGORITHMS, 2 if random.random() < 0.15 else 1)
    return {"algorithms": tuple(algorithms), "sized": random.random() < 0.2}


def _files(random, wrong):
    """Some keys, each with a content; one in a while promised otherwise, or missing."""
    files = {}
    for key in random.sample(KEYS, random.randint(1, len(KEYS))):
        promised = random.choice(LARGE) if random.random() < 0.12 else random.choice(SMALL)
        local = promised
        if random.random() < wrong:
            local = random.choice((None,) + tuple(name for name in SMALL if name != promised))
        files[key] = [local, promised]
    if all(local is None for local, _ in files.values()):
        key = next(iter(files))
        files[key][0] = files[key][1]
    return files


# --- shrinking: simpler forms of one step ---

def simpler(step):
    if len(step.files) > 1:
        for key in step.files:
            yield dataclasses.replace(step, files={k: v for k, v in step.files.items() if k != key})
    for key, (local, promised) in step.files.items():
        if promised in LARGE:
            plain = "A" if promised == "large-A" else "B"
            changed = [plain if local == promised else local, plain]
            yield dataclasses.replace(step, files={**step.files, key: changed})
    if step.content in LARGE:
        yield dataclasses.replace(step, content="A")
    for change in ({"kill": 0}, {"watch": False}, {"inside": False}, {"sized": False}, {"ledger": "one"},
                   {"algorithms": step.algorithms[:1]}, {"algorithms": ("sha256",)}):
        if any(getattr(step, name) != value for name, value in change.items()):
            yield dataclasses.replace(step, **change)
