"""The few contents that deliveries are made of, and manifests that promise them."""
import functools
import hashlib
import os

MIB = 1 << 20
PART_SIZE = 5 * MIB  # the smallest that accession takes


def _large(mark):
    """Two parts; differs from its sibling in one byte of the second."""
    body = bytearray(b"0123456789abcdef" * (PART_SIZE // 16) + b"tail of the second part")
    body[-1] = ord(mark)
    return bytes(body)


BODIES = {
    "A": b"AAAA",
    "B": b"BBBB",  # of A's size
    "C": b"something longer\n",
    "empty": b"",
    "large-A": _large("A"),
    "large-B": _large("B"),
}
SMALL = ("A", "B", "C", "empty")
LARGE = ("large-A", "large-B")
ALGORITHMS = ("md5", "sha1", "sha256", "sha512")


@functools.lru_cache(maxsize=None)
def digest(algorithm, name):
    return hashlib.new(algorithm, BODIES[name]).hexdigest()


NAME_OF = {digest("sha256", name): name for name in BODIES}
DIGESTS_OF = {name: {digest(algorithm, name) for algorithm in ALGORITHMS + ("sha224", "sha384")} for name in BODIES}


def add(body):
    """A content that only this sequence knows: its name."""
    name = "list " + hashlib.sha256(body).hexdigest()
    BODIES[name] = body
    NAME_OF[digest("sha256", name)] = name
    DIGESTS_OF[name] = {digest(algorithm, name) for algorithm in ALGORITHMS + ("sha224", "sha384")}
    return name


class Store:
    """Files of these contents, to be linked into deliveries instead of being written each time."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder)
        for name, body in BODIES.items():
            with open(os.path.join(folder, name), "wb") as file:
                file.write(body)

    def link(self, name, path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if not os.path.exists(os.path.join(self.folder, name)):
            with open(os.path.join(self.folder, name), "wb") as file:
                file.write(BODIES[name])
        os.link(os.path.join(self.folder, name), path)


def checksum_list(algorithm, promises):
    """As sha256sum and its kin write it."""
    return "".join(f"{digest(algorithm, name)}  {key}\n" for key, name in sorted(promises.items()))


def csv_list(algorithm, promises):
    return f"path,size,{algorithm}\n" + "".join(
        f"{key},{len(BODIES[name])},{digest(algorithm, name)}\n" for key, name in sorted(promises.items()))
