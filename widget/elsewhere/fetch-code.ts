import { SIGNATURE_SUFFIX, type GistFile } from "../../protocol/gists.ts";
import { MAX_CODE_BYTES } from "../../protocol/sizes.ts";
import { shownClaims } from "../element/claims.ts";
import { loadRunPart, type RunPart } from "../element/run-part.ts";
import type { Refusal } from "../element/view.ts";
import { spokenTag } from "../words/language.ts";
import { nearestLang } from "../words/page-language.ts";
import { ELSEWHERE_ENGLISH, elsewhereWords } from "../words/elsewhere-words.ts";

/** Timeout of a request. */
const ANSWER_MS = 30_000;

type Host = Element & { block: string };

/** Why the code can't be shown. */
class SourceError extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.title);
    this.refusal = refusal;
  }
}

/**
 * Puts the code of the gist or the address that `host` names into it, with its token. Where that is impossible,
 * `refuse` says why, and false is returned.
 */
export async function fetchCode(
  host: Host,
  server: string,
  refuse: (part: RunPart, refusal: Refusal) => void,
): Promise<boolean> {
  try {
    const gist = host.getAttribute("gist");
    const found = await (gist === null ? fromAddress(host) : fromGist(gist, host, server));
    // Another script of the page may have put code there meanwhile.
    if (!host.querySelector("code,pre")) host.prepend(codeElement(found));
    host.block = found.block;
    return true;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    const { refusal } = error;
    const translated = elsewhereWords(spokenTag(nearestLang(host)), refusal.code);
    refuse(await loadRunPart(), { ...refusal, translated });
    return false;
  }
}

type Found = Pick<GistFile, "block" | "code" | "language">;

/** The server reads gists: GitHub would limit each reader to 60 requests an hour. */
async function fromGist(gist: string, host: Host, server: string): Promise<Found> {
  const address = `${server}/v1/gists/${gist.split("/").map(encodeURIComponent).join("/")}`;
  const file = host.getAttribute("file");
  const url = file === null ? address : `${address}?file=${encodeURIComponent(file)}`;
  const response = await request(url);
  if (!response) throw refusal("source_unreadable", url);
  const answer = (await response.json().catch(() => ({}))) as Partial<Found & Refusal>;
  const { code, block, language = "" } = answer;
  if (response.ok && code && block) return { code, block, language };
  const { status } = response;
  const { title = `Status ${status}.`, detail } = answer;
  throw new SourceError({ code: code ?? `http_${status}`, title, detail });
}

/** The token stands in `block`, or in a file beside the code. */
async function fromAddress(host: Host): Promise<Found> {
  const url = addressOf(host.getAttribute("src") ?? "");
  const beside = new URL(url);
  beside.pathname += SIGNATURE_SUFFIX;
  const [code, block] = await Promise.all([read(url.href), host.block || readToken(beside.href)]);
  if (code === undefined) throw refusal("source_unreadable", url.href);
  if (!block) throw refusal("source_unsigned", beside.href);
  const [language = ""] = (shownClaims(block).runtime ?? "").split("@");
  return { code, block: block.trim(), language };
}

function addressOf(src: string): URL {
  try {
    return new URL(src, document.baseURI);
  } catch {
    throw refusal("source_unreadable", src);
  }
}

/** Undefined also for a text that is no token: some sites answer a missing file with a page. */
async function readToken(url: string): Promise<string | undefined> {
  const token = (await read(url))?.trim();
  return token && !/\s/.test(token) ? token : undefined;
}

/** Reads a text, up to the size of a block's code; undefined: it can't be read. */
async function read(url: string): Promise<string | undefined> {
  const response = await request(url);
  const reader = response?.ok ? response.body?.getReader() : undefined;
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const part = await reader?.read().catch(() => undefined);
    if (!part) return undefined;
    if (part.done) return text + decoder.decode();
    bytes += part.value.length;
    if (bytes > MAX_CODE_BYTES) {
      void reader?.cancel();
      throw refusal("source_too_large", url);
    }
    text += decoder.decode(part.value, { stream: true });
  }
}

/** Undefined: there was no answer, or CORS hides it from the page. */
function request(url: string): Promise<Response | undefined> {
  const signal = AbortSignal.timeout(ANSWER_MS);
  return fetch(url, { signal, credentials: "omit" }).catch(() => undefined);
}

function refusal(code: keyof typeof ELSEWHERE_ENGLISH, detail: string): SourceError {
  return new SourceError({ code, title: ELSEWHERE_ENGLISH[code], detail });
}

/** As an author writes it. */
function codeElement({ code, language }: Found): Element {
  const pre = document.createElement("pre");
  pre.translate = false;
  const element = pre.appendChild(document.createElement("code"));
  element.className = `language-${language}`;
  element.textContent = code.replace(/\n$/, "");
  return pre;
}
