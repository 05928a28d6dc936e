import { expect, test } from "vitest";
import { canBeNobody, escapesIn, REAL, tryEscapes } from "./try-escapes.ts";

const isRoot = process.getuid?.() === 0;
const users = [
  ...(isRoot ? (["root"] as const) : []),
  ...((await canBeNobody()) ? (["nobody"] as const) : []),
];

test.concurrent.each(users)(
  "nothing gets out of the sandboxes of a responder that is %s, be it a block or a command",
  { timeout: 180_000 },
  async (user) => {
    const report = await tryEscapes(user);
    expect(report.features).toContain("seccomp");
    expect(escapesIn(report)).toEqual([]);
    // Where there is no sandbox they do get hold of something: they are looking in the right place.
    for (const name of REAL) expect([name, report.outside[name]]).not.toEqual([name, null]);
  },
);
