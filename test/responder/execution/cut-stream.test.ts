import fc from "fast-check";
import { expect, test } from "vitest";
import { splitChunks, cutStream } from "../../../responder/execution/cut-stream.ts";

/** What is sent at once, and what at the end, of output that comes in `pieces`. */
function cut(limit: number, ...pieces: (string | Buffer)[]) {
  const stream = cutStream("stdout", limit);
  const head = pieces.map((piece) => stream.write(Buffer.from(piece as string))).join("");
  const { chunks, cut: bytes } = stream.end();
  return { head, tail: chunks.map(({ text }) => text).join(""), bytes, chunks };
}

test("output within half the limit passes at once", () => {
  expect(cut(20, "hello\n")).toMatchObject({ head: "hello\n", tail: "", bytes: 0 });
});

test("output within the limit is whole, its second half at the end", () => {
  expect(cut(10, "0123456789")).toMatchObject({ head: "01234", tail: "56789", bytes: 0 });
});

test("output past the limit loses its middle, and says how much", () => {
  const { head, chunks, bytes } = cut(10, "01234", "56789".repeat(100), "vwxyz");
  expect(head).toBe("01234");
  expect(chunks).toEqual([{ stream: "stdout", text: "vwxyz", cut: 500 }]);
  expect(bytes).toBe(500);
});

test("what is past half the limit comes with its own part, and there is room for the next", () => {
  const stream = cutStream("stdout", 160);
  expect(stream.write(Buffer.from("a".repeat(80)))).toHaveLength(80);
  expect(stream.endPart().chunks).toEqual([]);
  stream.write(Buffer.from("b".repeat(60)));
  expect(stream.endPart().chunks).toEqual([{ stream: "stdout", text: "b".repeat(60) }]);
  stream.write(Buffer.from(`${"c".repeat(990)}1234567890`));
  expect(stream.endPart()).toMatchObject({ chunks: [{ text: "1234567890", cut: 990 }], cut: 990 });
  for (const part of ["d", "e", "f", "g"].map((letter) => letter.repeat(100))) {
    stream.write(Buffer.from(part));
    expect(stream.endPart().chunks[0]!.text.length).toBeLessThanOrEqual(10);
  }
  stream.write(Buffer.from("the end"));
  expect(stream.end().cut).toBeLessThanOrEqual(7);
});

test("parts beside one another share the room, and each keeps its own characters and end", () => {
  const stream = cutStream("stdout", 40);
  const [first, second] = [Buffer.from("é").subarray(0, 1), Buffer.from("é").subarray(1)];
  expect(stream.write(first, 1) + stream.write(Buffer.from("x"), 2)).toBe("x");
  expect(stream.write(second, 1)).toBe("é");
  expect(stream.write(Buffer.from("-".repeat(17)), 1)).toHaveLength(17);
  stream.write(Buffer.from("one"), 1);
  stream.write(Buffer.from(`${"two".repeat(20)}end`), 2);
  expect(stream.endPart(2)).toEqual({
    chunks: [{ stream: "stdout", text: "otwotwoend", cut: 53, step: 2 }],
    cut: 53,
  });
  stream.write(Buffer.from("!"), 1);
  expect(stream.end()).toEqual({ chunks: [{ stream: "stdout", text: "one!", step: 1 }], cut: 0 });
});

test("a character split between two reads stays one", () => {
  const bytes = Buffer.from("é€😀");
  const pieces = [...bytes].map((byte) => Buffer.from([byte]));
  expect(cut(100, ...pieces).head).toBe("é€😀");
});

test("no cut splits a character", () => {
  const { head, tail, bytes } = cut(10, "😀".repeat(100));
  expect(head).toBe("😀😀");
  expect(tail).toBe("😀");
  expect(Buffer.byteLength(head + tail) + bytes).toBe(400);
});

test("bytes that are no UTF-8 become U+FFFD", () => {
  expect(cut(100, Buffer.from([0x61, 0xff, 0x62, 0xc3])).head).toBe("a\uFFFDb");
  expect(cut(100, Buffer.from([0x61, 0xff, 0x62, 0xc3])).tail).toBe("\uFFFD");
});

test("whatever is printed and however it comes, head and tail are its beginning and end", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "binary", maxLength: 30 }), { maxLength: 12 }),
      fc.integer({ min: 2, max: 64 }),
      (pieces, limit) => {
        const whole = pieces.map((piece) => piece.toWellFormed()).join("");
        const { head, tail, bytes } = cut(limit, ...pieces.map((piece) => piece.toWellFormed()));
        expect(whole.startsWith(head)).toBe(true);
        expect(whole.endsWith(tail)).toBe(true);
        expect(Buffer.byteLength(head) + bytes + Buffer.byteLength(tail)).toBe(
          Buffer.byteLength(whole),
        );
        if (Buffer.byteLength(whole) <= limit) expect(bytes).toBe(0);
      },
    ),
  );
});

test("a long text is sent in pieces that keep surrogate pairs together", () => {
  const text = `a${"😀".repeat(100_000)}`;
  const chunks = splitChunks("stderr", text, 7);
  expect(chunks.length).toBeGreaterThan(1);
  expect(chunks[0]!.cut).toBe(7);
  expect(chunks.slice(1).every((chunk) => chunk.cut === undefined)).toBe(true);
  expect(chunks.every((chunk) => chunk.text.isWellFormed())).toBe(true);
  expect(chunks.map((chunk) => chunk.text).join("")).toBe(text);
});
