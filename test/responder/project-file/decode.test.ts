import { expect, test } from "vitest";
import { CommandRefusal } from "../../../responder/project-file/refusal.ts";
import { decodeFile } from "../../../responder/project-file/decode.ts";

const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, "utf16le");

test("UTF-8 is read, and UTF-16 with its mark, both without the mark", () => {
  expect(decodeFile(Buffer.from("echo grüße\n"))).toBe("echo grüße\n");
  expect(decodeFile(Buffer.from("\uFEFFls\n"))).toBe("ls\n");
  expect(decodeFile(utf16("npm ci\r\n"))).toBe("npm ci\r\n");
  expect(decodeFile(utf16("npm ci\r\n").swap16())).toBe("npm ci\r\n");
  expect(decodeFile(Buffer.from("a\uFFFD"))).toBe("a\uFFFD");
});

test("other bytes are refused by line", () => {
  for (const [bytes, said] of [
    [Buffer.from("ls\necho grüße\n", "latin1"), "Line 2: these bytes are not UTF-8 text"],
    [Buffer.from("ls\nls\nx\xC3", "latin1"), "Line 3: these bytes are not UTF-8 text"],
    [Buffer.from([0xed, 0xa0, 0x80]), "Line 1: these bytes are not UTF-8 text"],
    [Buffer.from([0xff, 0xfe, 0x41]), "Line 1: the file begins as UTF-16 and is not"],
    [utf16("a\ud800b"), "Line 1: the file begins as UTF-16 and is not"],
  ] as const) {
    const reading = () => decodeFile(bytes);
    expect(reading).toThrow(CommandRefusal);
    try {
      reading();
    } catch (error) {
      expect((error as CommandRefusal).message).toContain(said);
      expect((error as CommandRefusal).message).toMatch(/save (it|the file) as UTF-8\.$/);
    }
  }
});
