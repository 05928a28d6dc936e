import { lazyPart } from "../element/lazy-part.ts";
import { isBusy, type View } from "../element/view.ts";

/** A reader who waits longer than this may look at another tab, in ms. */
const LONG_MS = 10_000;
const loadNotice = lazyPart(() => import("../tab-notice/tab-notice.ts"));

/** Tells a reader whose tab is hidden that a long wait has ended. */
export function noticeLongWait(host: Element, before: View, { state }: View): void {
  const hasEnded = isBusy(before) && !isBusy({ state }) && state !== "canceled";
  if (!hasEnded || document.visibilityState !== "hidden") return;
  const isOff = host.getAttribute("tab-notice") === "off";
  if (isOff || Date.now() - before.pressedAt < LONG_MS) return;
  loadNotice().then(
    ({ noticeEnd }) => noticeEnd(state === "succeeded"),
    () => undefined,
  );
}
