import { fileSize } from "../../../../../protocol/words.ts";
import { claimsOf } from "../claims.ts";
import { readSignForm, type SignForm } from "../form.ts";
import { fieldsOf, say } from "./place.ts";

/** Shows the block before it is signed: facts, changes by the form, code and claims. */
export function createPreview(form: HTMLFormElement, facts: { project: string; server: string }) {
  let times = 0;
  return async function draw(): Promise<void> {
    const time = (times += 1);
    const read = readSignForm(fieldsOf(form));
    const preview = document.getElementById("preview");
    if (!preview) return;
    preview.hidden = "mistakes" in read;
    if ("mistakes" in read) return;
    const { code, changes } = read;
    say("preview-facts", factsOf(read));
    say("preview-code", code);
    const list = document.getElementById("preview-changes");
    list?.replaceChildren(
      ...changes.map((change) => {
        const item = document.createElement("li");
        item.textContent = change;
        return item;
      }),
    );
    if (!("subtle" in crypto)) return;
    const { iat: _, jti: __, ...claims } = await claimsOf(read, { ...facts, id: "", now: 0 });
    // Digests are made beside each other: the newest text wins.
    if (time === times) say("preview-claims", JSON.stringify(claims, null, 2));
  };
}

function factsOf({ code, parts, stored }: SignForm): string {
  const lines = code.split("\n").length - 1;
  const bytes = new TextEncoder().encode(code).length;
  const files = Object.keys(stored ?? parts.files ?? {}).length;
  const before = (parts.before?.length ?? 0) + (parts.setup === undefined ? 0 : 1);
  return [
    lines === 1 ? "1 line" : `${lines} lines`,
    fileSize(bytes),
    ...(before > 0 ? [`after ${before === 1 ? "1 other code" : `${before} other codes`}`] : []),
    ...(files > 0 ? [files === 1 ? "1 file" : `${files} files`] : []),
  ].join(", ");
}
