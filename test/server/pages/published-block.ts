import { expect } from "vitest";
import { pagePaths, paths } from "../../../protocol/paths.ts";
import type { RegisteredBlockView, WholeBlock } from "../../../protocol/registered-blocks.ts";
import type { System } from "../system.ts";

export const PROJECT = "local/demo";
export const BROWSER = {
  accept: "text/html,application/xhtml+xml,*/*;q=0.8",
  "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
};
export const CURL = { accept: "*/*", "user-agent": "curl/8.5.0" };
export const CODE = "print(INPUT)";

/** The owner's calls about blocks. */
export function owner(system: System) {
  const headers = { authorization: `Bearer ${system.ownerToken.trim()}` };
  const list = paths.projectBlocks(PROJECT);
  return {
    publish: (body: object) => system.call("POST", list, body, headers),
    change: (id: string, published: boolean) =>
      system.call("PATCH", paths.projectBlock(PROJECT, id), { published }, headers),
    read: async (id: string) =>
      (await (
        await system.call("GET", paths.projectBlock(PROJECT, id), undefined, headers)
      ).json()) as WholeBlock,
    list: async () => {
      const response = await system.call("GET", list, undefined, headers);
      return ((await response.json()) as { blocks: RegisteredBlockView[] }).blocks;
    },
  };
}

export async function published(system: System, claims: Parameters<System["sign"]>[1] = {}) {
  const block = await system.sign(CODE, claims);
  const response = await owner(system).publish({ block, code: CODE });
  expect(response.status).toBe(201);
  const view = (await response.json()) as RegisteredBlockView;
  return { ...view, block, path: pagePaths.block(PROJECT, view.id) };
}

/** Ends the run that waits, with `text` as its output. */
export async function finish(machine: Awaited<ReturnType<System["machine"]>>, text: string) {
  const assignment = await machine.claimOne();
  await machine.started(assignment);
  await machine.output(assignment, 1, { stream: "stdout", text });
  await machine.finish(assignment);
  return assignment;
}
