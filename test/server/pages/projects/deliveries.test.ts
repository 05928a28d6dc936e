import { expect, test } from "vitest";
import { deliveryPage } from "../../../../server/pages/projects/deliveries.ts";

const DELIVERY = {
  id: "d1",
  event: "push",
  headers: {},
  body: "{}",
  received_at: "1970-01-01T00:00:00.000Z",
  outcome: "run",
  detail: "It made a run.",
  run: null,
} as const;

test.each([
  [{ provider: "generic", delivery_id: null, replay_of: null }, "found on the repository"],
  [{ provider: "generic", delivery_id: "msg_1", replay_of: null }, "from a signed hook"],
  [{ provider: "github", delivery_id: null, replay_of: null }, "from GitHub"],
  [{ provider: "generic", delivery_id: null, replay_of: "d0" }, "replayed"],
] as const)("a delivery's page says where it is from: %j", async (origin, words) => {
  const delivery = { ...DELIVERY, ...origin };
  const page = await deliveryPage("acme/site", delivery, {
    signedIn: false,
    isReplayed: false,
    may: () => false,
    now: 1,
  });
  expect(String(page)).toContain(`<small>${words}`);
});

test("who may only run a held pull request gets no button that approves its author", async () => {
  const held = { ...DELIVERY, provider: "github", delivery_id: "1", replay_of: null } as const;
  const delivery = { ...held, outcome: "held", replayed_by: null } as const;
  const buttons = async (...scopes: string[]) => {
    const may = (scope: string) => scopes.includes(scope);
    const page = await deliveryPage("acme/site", delivery, {
      signedIn: true,
      isReplayed: false,
      may,
      now: 1,
    });
    return String(page).match(/Approve(?=\s*<)|Run once(?=\s*<)|Replay(?=\s*<)/g);
  };
  expect(await buttons("read")).toBe(null);
  expect(await buttons("read", "run")).toEqual(["Run once"]);
  expect(await buttons("read", "run", "admin")).toEqual(["Approve", "Run once"]);
});
