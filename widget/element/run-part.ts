import type * as part from "../run/part.ts";

/** Digest of the built run part, filled in by the build; where another bundler builds the element, there is none. */
declare const RUN_PART: { file: string; integrity: string } | undefined;

export type RunPart = typeof part;

let loaded: Promise<RunPart> | undefined;

/**
 * Loads the run part once a page. A failed load may be tried again with a higher `tries`: some browsers keep
 * the failure for as long as the page lives, so the address has to differ.
 */
export function loadRunPart(tries = 0): Promise<RunPart> {
  return (loaded ??= load(tries).catch((error: unknown) => {
    loaded = undefined;
    throw error;
  }));
}

async function load(tries: number): Promise<RunPart> {
  const built = typeof RUN_PART === "undefined" ? undefined : RUN_PART;
  const pinned = /\/v\/[^/]+\/deferred-runner\.js$/.test(import.meta.url);
  if (!built || (tries === 0 && !pinned)) return import("../run/part.ts");
  const query = tries > 0 ? `?${tries}` : "";
  const url = new URL(built.file + query, import.meta.url).href;
  if (pinned) await verify(url, built.integrity);
  return import(/* @vite-ignore */ url) as Promise<RunPart>;
}

/**
 * Fetches a module with its digest checked; an import of it takes what was checked. An `integrity` of the script
 * tag covers this file alone, and this digest in it covers the run part. Fails in browsers that can't check.
 */
function verify(url: string, integrity: string): Promise<void> {
  const link = document.createElement("link");
  if (!link.relList.supports("modulepreload")) return Promise.reject(new Error("not supported"));
  return new Promise((resolve, reject) => {
    Object.assign(link, { rel: "modulepreload", crossOrigin: "anonymous", integrity, href: url });
    const refuse = () => reject(new Error(`${url} is not what this page pinned`));
    link.addEventListener("load", () => resolve());
    link.addEventListener("error", refuse);
    document.head.append(link);
  });
}
