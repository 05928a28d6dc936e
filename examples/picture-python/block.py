# A strange attractor, pixel by pixel, with the standard library.
import struct, zlib
from math import cos, log, sin

SIZE, POINTS = 480, 400_000
a, b, c, d = 1.4, -2.3, 2.4, -2.1

hits = [0] * (SIZE * SIZE)
x = y = 0.1
scale = SIZE / 4.2
for _ in range(POINTS):
    x, y = sin(a * y) - cos(b * x), sin(c * x) - cos(d * y)
    row, column = int((y + 2.1) * scale), int((x + 2.1) * scale)
    hits[row * SIZE + column] += 1

brightest = log(1 + max(hits))

def colour(n):
    glow = log(1 + n) / brightest
    red, green, blue = 237 * glow**0.8, 190 * glow**1.6, 110 * glow**3
    return bytes((18 + int(red), 20 + int(green), 46 + int(blue)))

palette = {n: colour(n) for n in set(hits)}
pixels = bytearray()
for start in range(0, SIZE * SIZE, SIZE):
    pixels += b"\0"
    pixels += b"".join(palette[n] for n in hits[start : start + SIZE])

def chunk(kind, data):
    check = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + check

with open("artifacts/attractor.png", "wb") as png:
    png.write(b"\x89PNG\r\n\x1a\n")
    header = struct.pack(">2I5B", SIZE, SIZE, 8, 2, 0, 0, 0)
    png.write(chunk(b"IHDR", header))
    png.write(chunk(b"IDAT", zlib.compress(pixels)))
    png.write(chunk(b"IEND", b""))

print(f"{POINTS:,} points on {SIZE} x {SIZE} pixels")
