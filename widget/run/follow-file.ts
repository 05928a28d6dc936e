import type { LitElement } from "lit";
import type { View } from "../element/view.ts";
import { isStored } from "./page-view.ts";

/** By element, the last run whose first file was opened. */
const opened = new WeakMap<LitElement, string>();

/**
 * With the attribute `follow`, opens the first file once the reader's run has ended well and its files are drawn; `open`
 * is undefined until they are loaded.
 */
export function openFollowed(host: LitElement, view: View, open: (() => void) | undefined): void {
  const { run, state } = view;
  if (!open || !run || state !== "succeeded" || isStored(view)) return;
  if (!host.hasAttribute("follow") || opened.get(host) === run.id) return;
  opened.set(host, run.id);
  void host.updateComplete.then(open);
}
