import { lazyPart } from "../element/lazy-part.ts";
import type { View } from "../element/view.ts";

/** A reader who waits longer than this may look at another tab, in ms. */
const LONG_MS = 10_000;
const loadNotice = lazyPart(() => import("../tab-notice/tab-notice.ts"));

/** Tells a reader whose tab is hidden that a run which was pressed at `pressedAt`, in ms, has ended. */
export function noticeLongWait(host: Element, pressedAt: number, { state }: View): void {
  const isOff = host.getAttribute("tab-notice") === "off";
  if (isOff || state === "canceled" || Date.now() - pressedAt < LONG_MS) return;
  loadNotice().then(
    ({ noticeEnd }) => noticeEnd(state === "succeeded"),
    () => undefined,
  );
}
