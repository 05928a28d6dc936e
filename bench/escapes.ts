import { ATTEMPTS, canBeNobody, escapesIn, tryEscapes } from "../test/security/try-escapes.ts";
import type { Bench } from "./figure.ts";

export const escapes: Bench = {
  name: "escapes",
  summary:
    "Every attempt to get out of a sandbox, of blocks and of commands, as root and as nobody.",
  async run() {
    const users: ("root" | "nobody")[] = process.getuid?.() === 0 ? ["root"] : [];
    if (await canBeNobody()) users.push("nobody");
    const figures = [];
    for (const user of users) {
      const report = await tryEscapes(user);
      const found = escapesIn(report);
      figures.push({
        name: `escapes, responder is ${user}`,
        measured: `of ${ATTEMPTS.length * 2} attempts`,
        beside: [report.features.join(", "), ...found].join("\n"),
        value: found.length,
        bound: 0,
        unit: "",
      });
    }
    return figures;
  },
};
