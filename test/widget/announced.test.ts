import { expect, test } from "vitest";
import { idle, type View } from "../../widget/element/view.ts";
import { plainAnnounced } from "../../widget/run/announced.ts";
import { otherAnnounced } from "../../widget/run/other-announced.ts";
import { plainWordingOf } from "../../widget/run/plain-wording.ts";
import { wordingOf } from "../../widget/run/wording.ts";
import { ENGLISH } from "../../widget/words/english.ts";

test.each([
  ["Stop", { canceling: true }, "Stopping."],
  ["trouble", { trouble: { offline: false, waitS: 0 } }, "can’t be reached"],
])(
  "%s of a run in the queue is said, though its place is like the press before",
  (_, news, text) => {
    const queued: View = { ...idle, state: "queued", run: { id: "run1", result_url: "" } };
    const announced = { now: 0, name: "", changed: false, several: false };
    const plain = plainWordingOf(ENGLISH);
    let last = plainAnnounced(
      undefined,
      { ...announced, view: { ...idle, state: "posted" } },
      plain,
    );
    last = plainAnnounced(last, { ...announced, view: queued }, plain);
    const view = { ...queued, ...news };
    const said = otherAnnounced(last, { ...announced, view }, wordingOf(ENGLISH));
    expect(said.text).toContain(text);
  },
);
