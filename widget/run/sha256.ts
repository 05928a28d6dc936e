/**
 * SHA-256 (FIPS 180-4). `crypto.subtle` is asynchronous and missing on plain http pages, and a library would add 2 kB.
 * Not for security: it selects the reading of the code, and the server checks the digest.
 */
export function sha256(bytes: Uint8Array): Uint8Array {
  const bits = bytes.length * 8;
  const padded = new Uint8Array(((bytes.length + 72) >> 6) << 6);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const words = new DataView(padded.buffer);
  words.setUint32(padded.length - 8, bits / 2 ** 32);
  words.setUint32(padded.length - 4, bits);

  const state = Uint32Array.from(INITIAL);
  const schedule = new Uint32Array(64);
  for (let offset = 0; offset < padded.length; offset += 64) {
    for (let i = 0; i < 64; i++) {
      if (i < 16) {
        schedule[i] = words.getUint32(offset + 4 * i);
        continue;
      }
      const [early, late] = [schedule[i - 15]!, schedule[i - 2]!];
      schedule[i] =
        schedule[i - 16]! +
        (turn(early, 7) ^ turn(early, 18) ^ (early >>> 3)) +
        schedule[i - 7]! +
        (turn(late, 17) ^ turn(late, 19) ^ (late >>> 10));
    }
    let [a, b, c, d, e, f, g, h] = state as unknown as Eight;
    for (let i = 0; i < 64; i++) {
      const one =
        h +
        (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) +
        ((e & f) ^ (~e & g)) +
        ROUND[i]! +
        schedule[i]!;
      const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => (state[i]! += value));
  }
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((value, i) => digest.setUint32(4 * i, value));
  return new Uint8Array(digest.buffer);
}

type Eight = [number, number, number, number, number, number, number, number];

function turn(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

const PRIMES: number[] = [];
for (let candidate = 2; PRIMES.length < 64; candidate++) {
  if (PRIMES.every((prime) => candidate % prime !== 0)) PRIMES.push(candidate);
}
/** The first 32 bits of the fractional part of a prime's root. */
const ROUND = PRIMES.map((prime) => fraction(prime ** (1 / 3)));
const INITIAL = PRIMES.slice(0, 8).map((prime) => fraction(prime ** (1 / 2)));

function fraction(root: number): number {
  return ((root % 1) * 2 ** 32) | 0;
}
