import { expect, test } from "vitest";
import { offersOf, type Offered } from "../../../../server/providers/ec2/offers.ts";

const places = [{ subnetId: "subnet-1", zone: "eu-west-1a" }, { subnetId: "subnet-2" }];

test.each<[string, Offered, string[]]>([
  [
    "one type in the account's default place",
    { market: "on-demand", types: ["t3.small"], places: [] },
    ["on-demand t3.small"],
  ],
  [
    "a type everywhere before the next type",
    { market: "on-demand", types: ["t3.small", "t3a.small"], places },
    [
      "on-demand t3.small in eu-west-1a",
      "on-demand t3.small in subnet-2",
      "on-demand t3a.small in eu-west-1a",
      "on-demand t3a.small in subnet-2",
    ],
  ],
  [
    "all of spot before on-demand",
    { market: "spot", types: ["t3.small", "t3a.small"], places: places.slice(0, 1) },
    [
      "spot t3.small in eu-west-1a",
      "spot t3a.small in eu-west-1a",
      "on-demand t3.small in eu-west-1a",
      "on-demand t3a.small in eu-west-1a",
    ],
  ],
])("offers are %s", (_, offered, names) => {
  expect(offersOf(offered).map(({ name }) => name)).toEqual(names);
});

test("each is numbered and says what is tried after it, the last nothing", () => {
  const offers = offersOf({ market: "spot", types: ["t3.small"], places: [] });
  expect(offers).toEqual([
    {
      number: 1,
      of: 2,
      name: "spot t3.small",
      next: "If it can't be had, on-demand t3.small is tried.",
      market: "spot",
      type: "t3.small",
    },
    { number: 2, of: 2, name: "on-demand t3.small", market: "on-demand", type: "t3.small" },
  ]);
});
