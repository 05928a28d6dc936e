# A strange attractor, drawn pixel by pixel with the standard library.
import struct, zlib
from math import cos, log, sin

SIZE, POINTS = 480, 400_000
a, b, c, d = 1.4, -2.3, 2.4, -2.1

hits = [0] * (SIZE * SIZE)
x = y = 0.1
scale = SIZE / 4.2
for _ in range(POINTS):
    x, y = sin(a * y) - cos(b * x), sin(c * x) - cos(d * y)
    hits[int((y + 2.1) * scale) * SIZE + int((x + 2.1) * scale)] += 1

def colour(n, brightest=log(1 + max(hits))):
    glow = log(1 + n) / brightest
    return bytes((int(18 + 237 * glow ** 0.8), int(20 + 190 * glow ** 1.6), int(46 + 110 * glow ** 3)))

palette = {n: colour(n) for n in set(hits)}
rows = (b"".join(palette[n] for n in hits[i : i + SIZE]) for i in range(0, SIZE * SIZE, SIZE))
pixels = zlib.compress(b"".join(b"\0" + row for row in rows))

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

with open("artifacts/attractor.png", "wb") as png:
    png.write(b"\x89PNG\r\n\x1a\n")
    png.write(chunk(b"IHDR", struct.pack(">2I5B", SIZE, SIZE, 8, 2, 0, 0, 0)))
    png.write(chunk(b"IDAT", pixels) + chunk(b"IEND", b""))

print(f"{POINTS:,} points on {SIZE} x {SIZE} pixels")
