import fc from "fast-check";
import { expect, test } from "vitest";
import { masked } from "../../../responder/command/mask.ts";
import { markedStreams } from "../../../responder/sandbox/supervisor/marked-streams.ts";
import { cpuTimeOf } from "../../cpu-time.ts";

/** `text` in pieces that begin at `cuts`. */
function pieces(text: string, cuts: number[]): Buffer[] {
  const bytes = Buffer.from(text);
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted(
    (a, b) => a - b,
  );
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

test("a secret is masked wherever the output is cut, and nothing else changes", () => {
  const secrets = ["abab", "ababab-long", "täg!", "xyz"];
  const word = fc.constantFrom("abab", "ababab-long", "täg!", "ab", "a", "xyz", " ", "tä", "\n");
  fc.assert(
    fc.property(fc.array(word), fc.array(fc.nat(200)), (words, cuts) => {
      const text = words.join("");
      let said = "";
      const mask = masked(secrets, (_, bytes) => (said += bytes.toString("latin1")));
      for (const piece of pieces(text, cuts)) mask.write("stdout", piece);
      mask.flush();
      const seen = Buffer.from(said, "latin1").toString();
      for (const secret of ["abab", "täg!"]) expect(seen).not.toContain(secret);
      // Too short to be told from words.
      expect(seen.split("xyz").length).toBe(text.split("xyz").length);
      // Where it is cut changes nothing: a secret that begins with another is masked whole.
      expect(seen).toBe(mask.text(text));
      if (!/abab|täg!/.test(text)) expect(seen).toBe(text);
    }),
  );
});

test("output that is full of secrets is masked as it comes", () => {
  const secrets = ["abcd", ...Array.from({ length: 100 }, (_, index) => `secret-${index}`)];
  let bytes = 0;
  const took = cpuTimeOf(() => {
    const mask = masked(secrets, (_, said) => (bytes += said.length));
    for (let times = 0; times < 16; times++) mask.write("stdout", Buffer.alloc(65_536, "abcd"));
    mask.flush();
  });
  expect(bytes).toBe(16 * 16_384 * 3);
  expect(took).toBeLessThan(2_000);
});

test("each line of a secret of several is masked", () => {
  const mask = masked(["-----BEGIN-----\nabcdef\nxy\n"], () => {});
  expect(mask.text("it is abcdef, or xy")).toBe("it is ***, or xy");
});

test("a mark is found wherever the output is cut, and is no part of it", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string(),
      fc.string(),
      fc.array(fc.nat(200)),
      async (before, after, cuts) => {
        let said = "";
        const streams = markedStreams((_, bytes) => (said += bytes.toString("latin1")));
        const mark = streams.expect();
        for (const piece of pieces(before + mark.text + after, cuts)) {
          streams.write("stdout", piece);
        }
        streams.write("stderr", Buffer.from(mark.text));
        await mark.seen;
        const seen = Buffer.from(said, "latin1").toString();
        // What may be the beginning of the next mark waits for more.
        expect((before + after).startsWith(seen)).toBe(true);
        expect((before + after).slice(seen.length)).toMatch(/^\0?$/);
      },
    ),
  );
});
