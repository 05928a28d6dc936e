import { signInBrowser, type WebKey } from "../../../../../blocks/web-crypto.ts";
import { claimsOf } from "../claims.ts";
import { readSignForm, type SignForm } from "../form.ts";
import { addCodes } from "./codes.ts";
import { ChosenFiles } from "./files.ts";
import { findKey, forgetKey, makeKey } from "./keys.ts";
import { showMistakes } from "./mistakes.ts";
import { fieldsOf, place, say, reveal } from "./place.ts";
import { createPreview } from "./preview.ts";
import { sendStoredFiles, whyNot } from "./upload.ts";

// Signs in the browser. The form goes to the server with the token in it, or unsigned where something is wrong: the
// server then shows each mistake beside its field.

const root = document.getElementById("sign");
const form = root?.querySelector("form");
if (root && form) await begin(root.dataset, form);

interface Place {
  project?: string;
  server?: string;
  /** The page's own path, below which its script sends keys and files. */
  at?: string;
}

async function begin({ project = "", server = "", at = "" }: Place, form: HTMLFormElement) {
  const isByServer = () =>
    form.querySelector<HTMLInputElement>("[name=by_server]")?.checked === true;
  addCodes(form);
  const preview = createPreview(form, { project, server });
  form.addEventListener("input", () => void preview());
  void preview();
  if (!("crypto" in globalThis) || !("subtle" in crypto)) {
    say(
      "own-key-words",
      "The browser signs only where this page is open over https, or from this machine.",
    );
    reveal("own-key");
    document.getElementById("download-key")?.remove();
    return;
  }

  const files = new ChosenFiles(form);
  let key = await findKey(project);
  tellKey(key);
  const download = document.getElementById("download-key");
  download?.addEventListener("click", () => {
    const made = makeKey(project, { address: `${at}/keys`, download: true });
    made.then((one) => tellKey((key = one)), sayError);
  });

  form.addEventListener("submit", (event) => {
    const read = readSignForm(fieldsOf(form));
    // An answer of the server would have the fields, but not files that it stores.
    const isStored = place(form, "stored").value !== "";
    if (!isStored && ("mistakes" in read || isByServer())) return;
    event.preventDefault();
    if ("mistakes" in read) {
      showMistakes(form, read.mistakes);
      return;
    }
    signAndSend(read).catch(sayError);
  });

  async function signAndSend(read: SignForm): Promise<void> {
    const block = isByServer() ? await signByServer() : await signHere(read);
    if (read.stored) await sendStoredFiles(`${at}/files`, block, await files.stored());
    place(form, "block").value = block;
    form.submit();
  }

  async function signHere(read: SignForm): Promise<string> {
    key = (await isRevoked(key)) ? undefined : key;
    key ??= await makeKey(project, { address: `${at}/keys`, download: false });
    const facts = { project, server, id: crypto.randomUUID(), now: Date.now() };
    return signInBrowser(await claimsOf(read, facts), key);
  }

  /** The token before the form is sent, since files are uploaded for it. */
  async function signByServer(): Promise<string> {
    const headers = { accept: "application/json" };
    const answer = await fetch(`${at}/token`, { method: "POST", headers, body: fieldsOf(form) });
    if (!answer.ok) throw new Error(await whyNot(answer));
    return ((await answer.json()) as { block: string }).block;
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

function tellKey(key: WebKey | undefined): void {
  reveal("own-key");
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
