import { codeClaim, signInBrowser, type WebKey } from "../../../../../blocks/web-crypto.ts";
import type { BlockClaims } from "../../../../../protocol/claims.ts";
import { RUNTIME_FACTS, RUNTIMES } from "../../../../../protocol/runtimes.ts";
import { fileSize } from "../../../../../protocol/words.ts";
import { readSignForm, type SignForm } from "../form.ts";
import { findKey, forgetKey, makeKey } from "./keys.ts";

// Signs in the browser. The form goes to the server with the token in it, or unsigned where something is wrong: the
// server then shows each mistake beside its field.

const place = document.getElementById("sign");
const form = place?.querySelector("form");
if (place && form) await begin(place.dataset, form);

interface Place {
  project?: string;
  server?: string;
  /** Where a new key's public part goes. */
  keys?: string;
}

async function begin({ project = "", server = "", keys = "" }: Place, form: HTMLFormElement) {
  const isByServer = () =>
    form.querySelector<HTMLInputElement>("[name=by_server]")?.checked === true;
  addFiles(form);
  const preview = () => void showPreview(form, project, server);
  form.addEventListener("input", preview);
  preview();
  if (!("crypto" in globalThis) || !("subtle" in crypto)) {
    say(
      "own-key-words",
      "The browser signs only where this page is open over https, or from this machine.",
    );
    show("own-key");
    document.getElementById("download-key")?.remove();
    return;
  }

  let key = await findKey(project);
  tellKey(key);
  const download = document.getElementById("download-key");
  download?.addEventListener("click", () => {
    const made = makeKey(project, { address: keys, download: true });
    made.then((one) => tellKey((key = one)), sayError);
  });

  form.addEventListener("submit", (event) => {
    const read = isByServer() ? undefined : readSignForm(fieldsOf(form));
    if (!read || "mistakes" in read) return;
    event.preventDefault();
    const signed = signAndSend(read);
    signed.catch(sayError);
  });

  async function signAndSend(read: SignForm): Promise<void> {
    key = (await isRevoked(key)) ? undefined : key;
    key ??= await makeKey(project, { address: keys, download: false });
    const claims = await claimsOf(read, project, server);
    const token = document.getElementById("signed-block");
    if (token instanceof HTMLInputElement) token.value = await signInBrowser(claims, key);
    form.submit();
  }

  /** Whether the project's key set lacks the key: it was revoked since this browser made it. */
  async function isRevoked(one: WebKey | undefined): Promise<boolean> {
    if (!one) return false;
    const answer = await fetch(`/v1/projects/${project}/jwks.json`, { cache: "no-store" });
    if (!answer.ok) return false;
    const { keys: known } = (await answer.json()) as { keys: { kid: string }[] };
    if (known.some(({ kid }) => kid === one.kid)) return false;
    await forgetKey(project);
    return true;
  }
}

async function claimsOf(
  { code, terms }: SignForm,
  project: string,
  server: string,
): Promise<BlockClaims> {
  return {
    iss: project,
    aud: server,
    iat: Math.floor(Date.now() / 1000),
    jti: crypto.randomUUID(),
    code: await codeClaim(code),
    ...terms,
  };
}

async function showPreview(form: HTMLFormElement, project: string, server: string): Promise<void> {
  const read = readSignForm(fieldsOf(form));
  const preview = document.getElementById("preview");
  if (!preview) return;
  preview.hidden = "mistakes" in read;
  if ("mistakes" in read) return;
  const { code, terms, changes } = read;
  const lines = code.split("\n").length - 1;
  const bytes = new TextEncoder().encode(code).length;
  say("preview-facts", `${lines === 1 ? "1 line" : `${lines} lines`}, ${fileSize(bytes)}`);
  say("preview-code", code);
  const list = document.getElementById("preview-changes");
  list?.replaceChildren(
    ...changes.map((change) => {
      const item = document.createElement("li");
      item.textContent = change;
      return item;
    }),
  );
  const subtle = "subtle" in crypto;
  const digest = subtle ? await codeClaim(code) : "…";
  say(
    "preview-claims",
    JSON.stringify({ iss: project, aud: server, code: digest, ...terms }, null, 2),
  );
}

/** Takes the text of a dropped file, and the runtime that its name tells. */
function addFiles(form: HTMLFormElement): void {
  const source = form.querySelector("textarea");
  if (!form.querySelector(".summary")) source?.focus();
  source?.addEventListener("dragover", (event) => event.preventDefault());
  source?.addEventListener("drop", (event) => {
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    void file.text().then((text) => {
      source.value = text;
      const runtime = form.querySelector<HTMLSelectElement>("[name=runtime]");
      const extension = /\.\w+$/.exec(file.name.toLowerCase())?.[0] ?? "";
      const known = RUNTIMES.find((name) => RUNTIME_FACTS[name].extensions.includes(extension));
      if (runtime && known) runtime.value = known;
      form.dispatchEvent(new Event("input"));
    });
  });
}

function fieldsOf(form: HTMLFormElement): URLSearchParams {
  const fields = [...new FormData(form)].filter(
    (field): field is [string, string] => typeof field[1] === "string",
  );
  return new URLSearchParams(fields);
}

function tellKey(key: WebKey | undefined): void {
  show("own-key");
  say(
    "own-key-words",
    key
      ? `The key ${key.kid} of this browser signs. It can’t be read from it.`
      : "The first signature makes a key in this browser, which can’t be read from it, and adds its public part to the project.",
  );
}

function sayError(error: unknown): void {
  say("own-key-words", error instanceof Error ? error.message : String(error));
  document.getElementById("own-key-words")?.setAttribute("role", "alert");
}

function say(id: string, text: string): void {
  const element = document.getElementById(id);
  if (element) element.textContent = text;
}

function show(id: string): void {
  document.getElementById(id)?.removeAttribute("hidden");
}
