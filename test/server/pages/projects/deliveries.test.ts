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
    mayReplay: false,
    now: 1,
  });
  expect(String(page)).toContain(`<small>${words}`);
});
