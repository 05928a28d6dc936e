import { expect, test } from "vitest";
import type { MachineList, MachineView } from "../../protocol/machines.ts";
import { pagePaths, paths } from "../../protocol/paths.ts";
import { eventually } from "../eventually.ts";
import { createClient, createOwner } from "../systems/client.ts";
import { deferred, serve } from "../systems/process.ts";

type Owner = Awaited<ReturnType<typeof createOwner>>;

const until = (owner: Owner, id: string, state: MachineView["state"]) =>
  eventually(async () => {
    const answer = await owner.call("GET", paths.machine(id));
    const { machine } = (await answer.json()) as { machine: MachineView };
    return machine.state === state ? machine : undefined;
  });

/** A browser of the server's owner, which sends the forms of its pages. */
async function signedInBrowser(owner: Owner, url: string) {
  const made = await owner.call("POST", paths.signInLinks);
  const link = (await made.json()) as { url: string };
  const opened = await fetch(link.url, { redirect: "manual" });
  const cookie = opened.headers.get("set-cookie")!.split(";")[0]!;
  const headers = { cookie, "sec-fetch-site": "same-origin", origin: url };
  const open = async (path: string) => (await fetch(url + path, { headers })).text();
  return {
    open,
    /** Presses the button of the page's form with that action. */
    async press(page: string, action: string, fields: Record<string, string> = {}) {
      expect(await open(page)).toContain(`action="${action}"`);
      const body = new URLSearchParams(fields);
      const referer = url + page;
      const sent = { method: "POST", headers: { ...headers, referer }, body };
      return fetch(url + action, { ...sent, redirect: "manual" });
    },
  };
}

test("a real machine is added, stopped and ended by the page's buttons and by commands", async () => {
  const served = await serve({ DEFERRED_IDLE_S: "300" });
  const owner = await createOwner(served);
  const client = await createClient(served);
  const browser = await signedInBrowser(owner, served.url);

  const added = await browser.press(pagePaths.addMachine, pagePaths.addMachine, { project: "" });
  expect(added.status).toBe(303);
  const first = added.headers.get("location")!.split("/").at(-1)!;
  expect(await until(owner, first, "ready")).toMatchObject({
    came: { kind: "person", by: { kind: "owner" } },
  });
  expect(await served.machines()).toHaveLength(1);

  const run = await client.run("echo begun; sleep 2; echo done\n");
  await client.printed(run.id, "begun");
  const page = pagePaths.machine(first);
  expect(await browser.open(page)).toContain(pagePaths.blockRun(run.id));
  expect((await browser.press(page, `${page}/stop`)).status).toBe(303);
  // It finishes its run first.
  expect(await client.result(run)).toMatchObject({ state: "succeeded", attempt: 1 });
  expect((await until(owner, first, "gone")).went).toMatchObject({
    reason: "stop_asked",
    by: { kind: "owner" },
  });
  await eventually(async () => ((await served.machines()).length === 0 ? true : undefined));

  const made = await deferred(served, ["machines", "add", "--project", "local/demo"]);
  const second = made.stdout.trim();
  await until(owner, second, "ready");
  const listed = await deferred(served, ["machines", "list"]);
  expect(listed.stdout).toMatch(new RegExp(`${second} +ready +local process +project:local/demo`));
  expect(await browser.open(pagePaths.projectMachines("local/demo"))).toContain(second.slice(0, 8));
  const refused = await deferred(served, ["machines", "add", "--type", "t3.small"]);
  expect(refused.stderr).toContain("no type, image or market");
  expect((await deferred(served, ["machines", "end", second, "--yes"])).code).toBe(0);
  await until(owner, second, "gone");
  const shown = await deferred(served, ["machines", "show", second]);
  expect(shown.stdout).toContain("It was ended by hand, by the owner.");

  const audit = await owner.call("GET", paths.audit);
  const { entries } = (await audit.json()) as { entries: { action: string }[] };
  expect(entries.map(({ action }) => action)).toEqual(
    expect.arrayContaining([
      "POST /operator/machines/{id}/stop",
      "POST /v1/machines",
      "POST /v1/machines/{id}/end",
    ]),
  );
  const all = (await (await owner.call("GET", paths.machines)).json()) as MachineList;
  expect(all.machines.map(({ state }) => state)).toEqual(["gone", "gone"]);
});
