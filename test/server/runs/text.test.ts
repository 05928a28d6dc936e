import { expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import { codeOf, startSystem } from "../system.ts";

const ESCAPES = "\x1b]0;title\x07\x1b[2J\x1b]52;c;cm0=\x07\x1b[6n\x9b2J";
const asText = { accept: "text/plain" };

/** A run whose program printed two lines in pieces, and failed. */
async function printedRun() {
  const system = await startSystem();
  const { id } = await system.run("print(1)");
  const machine = await system.machine();
  const assignment = await machine.claimOne();
  await machine.started(assignment);
  const piece = (stream: "stdout" | "stderr", text: string) => ({ stream, text });
  await machine.output(
    assignment,
    1,
    piece("stdout", `\x1b[31mred\x1b[0m${ESCAPES}\n50%\r100%\n\x1b]0;ti`),
    piece("stderr", "oh\n"),
    piece("stdout", "tle\x07unfinished"),
  );
  const said = { exit_code: null, signal: "SIGABRT" };
  expect((await machine.finish(assignment, said)).status).toBe(200);
  await system.until(id, ({ ending }) => ending !== undefined);
  return { system, id };
}

test("a run as text has a program's colours and nothing else that a terminal acts on", async () => {
  const { system, id } = await printedRun();
  for (const path of [paths.run(id), paths.runEvents(id)]) {
    const text = await (await system.call("GET", path, undefined, asText)).text();
    expect(text).toMatch(
      /^\x1b\[31mred\x1b\[0m(2J)?\n50%\r100%\noh\nunfinished\n\[failed: signal SIGABRT\]\n$/,
    );
  }
});

test("?raw=1 gives the bytes as the program wrote them", async () => {
  const { system, id } = await printedRun();
  for (const path of [paths.run(id), paths.runEvents(id)]) {
    const raw = await (await system.call("GET", `${path}?raw=1`, undefined, asText)).text();
    expect(raw).toContain(`\x1b[31mred\x1b[0m${ESCAPES}\n50%\r100%\n\x1b]0;ti`);
  }
  const odd = await system.call("GET", `${paths.run(id)}?raw=yes`, undefined, asText);
  expect(await codeOf(odd)).toBe("query_invalid");
});
