"""picture.py PNG: prints how many colours a screenshot has, and how light it is on average (0 to 255).
Reads what Chromium writes: 8 bits a sample, RGB or RGBA, not interlaced (PNG, ISO/IEC 15948)."""
import struct
import sys
import zlib

with open(sys.argv[1], "rb") as file:
    data = file.read()
assert data[:8] == b"\x89PNG\r\n\x1a\n"
at, packed = 8, b""
while at < len(data):
    length, kind = struct.unpack(">I4s", data[at:at + 8])
    body = data[at + 8:at + 8 + length]
    at += length + 12
    if kind == b"IHDR":
        width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", body)
    elif kind == b"IDAT":
        packed += body
assert depth == 8 and colour in (2, 6) and interlace == 0
step = 3 if colour == 2 else 4
raw, stride = zlib.decompress(packed), width * step
before, colours, total = bytearray(stride), set(), 0


def paeth(a, b, c):
    p = a + b - c
    return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]


for y in range(height):
    kind, line = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
    for x in range(stride):
        left = line[x - step] if x >= step else 0
        corner = before[x - step] if x >= step else 0
        add = (0, left, before[x], (left + before[x]) // 2, 0)[kind] if kind < 4 else \
            paeth(left, before[x], corner)
        line[x] = (line[x] + add) & 255
    colours.update(bytes(line[x:x + 3]) for x in range(0, stride, step))
    total += sum(line[x] + line[x + 1] + line[x + 2] for x in range(0, stride, step))
    before = line
print(len(colours), total // (3 * width * height))
