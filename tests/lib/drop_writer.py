"""One of several writers into a drop folder: drop_writer.py FOLDER WRITER COUNT [CORRUPT...]

Makes COUNT bags named wWRITER-NNN in FOLDER, in turn by renaming them in, by copying them slowly,
and by leaving them half written and completing them later; those whose number is in CORRUPT get one
byte changed. Prints "NAME good" or "NAME corrupt" once a bag is complete.
"""
import hashlib
import os
import sys
import time


def bag_files(name, corrupt):
    payload = {f"data/{n}.bin": (f"{name} {n} " * 40).encode() for n in range(2)}
    digest = {path: hashlib.sha256(data).hexdigest() for path, data in payload.items()}
    size = sum(map(len, payload.values()))
    files = {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": f"Payload-Oxum: {size}.{len(payload)}\n".encode(),
        "manifest-sha256.txt": "".join(f"{d}  {p}\n" for p, d in digest.items()).encode(),
    }
    tags = "".join(f"{hashlib.sha256(d).hexdigest()}  {p}\n" for p, d in files.items())
    if corrupt:
        first = min(payload)
        payload[first] = b"X" + payload[first][1:]
    return {**payload, **files, "tagmanifest-sha256.txt": tags.encode()}


def write(folder, path, data):
    full = os.path.join(folder, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "wb") as file:
        file.write(data)


def main():
    drop, writer, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    corrupt = set(map(int, sys.argv[4:]))
    unfinished = []
    for number in range(count):
        name = f"w{writer}-{number:03d}"
        target = os.path.join(drop, name)
        files = list(bag_files(name, number in corrupt).items())
        told = f"{name} {'corrupt' if number in corrupt else 'good'}"
        if number % 5 == 3:  # half now, the rest at the end
            for path, data in files[1:]:
                write(target, path, data)
            write(target, files[0][0], files[0][1][:7])
            unfinished.append((target, files[0], told))
            continue
        if number % 5 == 4:  # slowly, where everybody can see it
            for path, data in files:
                write(target, path, data)
                time.sleep(0.02)
        else:
            staging = os.path.join(drop, f".staging-{name}")
            for path, data in files:
                write(staging, path, data)
            os.rename(staging, target)
        print(told, flush=True)
    for target, (path, data), told in unfinished:
        write(target, path, data)
        print(told, flush=True)


main()
