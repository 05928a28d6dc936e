import type * as part from "../run/part.ts";

/** Digest of the built run part. The project's build defines it; other bundlers do not. */
declare const RUN_PART: { file: string; integrity: string } | undefined;

export type RunPart = typeof part;

let loaded: Promise<RunPart> | undefined;

/**
 * Loads the run part once per page. After a failure, retry with a higher `tries`: it changes the address,
 * because some browsers cache a failed import for the life of the page.
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
 * Preloads a module and checks its digest; the import then uses the checked response. The script tag's `integrity`
 * covers this file, and the digest in this file covers the run part. Rejects in browsers without modulepreload.
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
