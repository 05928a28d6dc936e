import { expect, test } from "vitest";
import { paths } from "../../../../protocol/paths.ts";
import { startPushedProject } from "../../pushed-project.ts";
import { codeOf } from "../../system.ts";

test("a server that goes takes no new work but webhooks, and lets what runs come to its end", async () => {
  const project = await startPushedProject();
  const { id } = await project.run();
  const machine = await project.machine();
  const held = await machine.claimOne();
  const block = await project.sign("print(2)");
  const command = { commands: ["true"] };

  project.drain.begin();
  const refused = [
    await project.call("POST", paths.runs, { block, code: "print(2)" }),
    await project.call("POST", paths.wake, { block }),
    await project.call("POST", paths.projectRuns(project.slug), command, project.owner),
    await project.call("GET", "/readyz"),
  ];
  for (const response of refused) {
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("5");
    expect(await codeOf(response)).toBe("overloaded");
  }
  expect((await project.push({ subject: "One" })).run).toBeTruthy();
  expect((await machine.started(held)).status).toBe(200);
  expect((await machine.finish(held)).status).toBe(200);
  expect((await project.view(id)).state).toBe("succeeded");
});

test("streams end where they are, and long polls with nothing, when the server goes", async () => {
  const project = await startPushedProject();
  const { id } = await project.run();
  const machine = await project.machine();
  const held = await machine.claimOne();
  await machine.output(held, 1, { stream: "stdout", text: "so far\n" });
  const stream = await project.call("GET", paths.runEvents(id));
  const poll = machine.claim(1, 60);
  let text = "";
  const decoder = new TextDecoder();
  for await (const part of stream.body!) {
    text += decoder.decode(part, { stream: true });
    if (text.includes("so far")) project.drain.endStreams();
  }
  expect(text.endsWith("\n\n")).toBe(true);
  expect(await poll).toEqual([]);
});
