import type { Page } from "playwright-core";

/** What a page saw of one press, in ms since it. */
export interface Press {
  /** The moment of the press, by the wall clock. */
  at: number;
  /** The run part is loaded. */
  loaded: number;
  /** The request for a run is sent. */
  sent: number;
  /** The page shows that a machine wakes; absent: none had to. */
  waking?: number;
  /** The page shows output. */
  output: number;
  /** What the program took, by the result. */
  ran: number;
}

/** Presses Run of the page's only block, which has been drawn, and resolves once its run has ended. */
export function press(page: Page): Promise<Press> {
  return page.locator("deferred-runner").evaluate(
    (element) =>
      new Promise<Press>((resolve) => {
        const root = element.shadowRoot!;
        const began = performance.now();
        const since = () => performance.now() - began;
        const seen: Partial<Press> = { at: performance.timeOrigin + began };
        new MutationObserver(() => {
          if (element.getAttribute("state") === "waking") seen.waking ??= since();
        }).observe(element, { attributeFilter: ["state"] });
        const observer = new MutationObserver(() => {
          if (root.querySelector("[part=output] pre")) seen.output ??= since();
        });
        observer.observe(root, { subtree: true, childList: true, characterData: true });
        element.addEventListener("deferred-runner:ended", (event) => {
          const { ran_s = 0 } = (event as CustomEvent).detail.times;
          const loads = performance
            .getEntriesByType("resource")
            .map((entry) => entry as PerformanceResourceTiming);
          const find = (part: RegExp) => loads.find(({ name }) => part.test(name))!;
          // The output may be drawn with the end.
          setTimeout(() => {
            observer.disconnect();
            const loaded = find(/\/run-[^/]*\.js$/).responseEnd - began;
            const sent = find(/\/v1\/runs$/).startTime - began;
            resolve({ ...seen, loaded, sent, ran: 1000 * ran_s } as Press);
          }, 100);
        });
        root.querySelector<HTMLButtonElement>("[part=button]")!.click();
      }),
  );
}
