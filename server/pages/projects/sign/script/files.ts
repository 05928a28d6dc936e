import { fileClaim } from "../../../../../blocks/web-crypto.ts";
import { areStored, type FileClaims } from "../../../../../protocol/block-files.ts";
import { readFiles, writeFiles } from "../../../../../protocol/part-attributes.ts";
import { fileSize } from "../../../../../protocol/words.ts";
import { place, say } from "./place.ts";

interface ChosenFile {
  path: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** Files that were chosen or dropped. The form's hidden fields hold their bytes, or their digests where they are stored. */
export class ChosenFiles {
  #files: ChosenFile[];
  readonly #form: HTMLFormElement;

  constructor(form: HTMLFormElement) {
    this.#form = form;
    this.#files = Object.entries(readFiles(this.#field("files").value)).map(([path, base64]) => ({
      path,
      bytes: bytesOf(base64),
    }));
    this.#forgetSent();
    const input = document.getElementById("choose-files");
    const drop = document.getElementById("file-drop");
    if (!(input instanceof HTMLInputElement) || !drop) return;
    drop.hidden = false;
    input.addEventListener("change", () => {
      void this.#add([...(input.files ?? [])]).then(() => (input.value = ""));
    });
    drop.addEventListener("dragover", (event) => event.preventDefault());
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      void this.#add([...(event.dataTransfer?.files ?? [])]);
    });
    this.#draw();
  }

  /** After a mistake the page lacks the bytes of files that were sent before the form. */
  #forgetSent(): void {
    const { value } = this.#field("stored");
    this.#field("stored").value = "";
    if (value === "") return;
    const paths = Object.keys(JSON.parse(value) as FileClaims).join(", ");
    say("file-total", `Choose these files again: ${paths}.`);
  }

  /** The bytes of files that the server has to store, by digest. */
  async stored(): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
    const digests = this.#files.map(
      async ({ bytes }) => [(await fileClaim(bytes)).sha256, bytes] as const,
    );
    return new Map(await Promise.all(digests));
  }

  /** Files of one path replace each other, as where somebody chooses a newer one. */
  async #add(files: readonly File[]): Promise<void> {
    for (const file of files) {
      const bytes = new Uint8Array(await file.arrayBuffer());
      this.#files = this.#files.filter(({ path }) => path !== file.name);
      this.#files.push({ path: file.name, bytes });
    }
    await this.#changed();
    this.#draw();
  }

  async #changed(): Promise<void> {
    const sizes: FileClaims = {};
    for (const { path, bytes } of this.#files) sizes[path] = { sha256: "", size: bytes.length };
    const isStored = areStored(sizes);
    const claims: FileClaims = {};
    if (isStored) for (const { path, bytes } of this.#files) claims[path] = await fileClaim(bytes);
    const inForm = this.#files.map(({ path, bytes }) => [path, base64Of(bytes)] as const);
    this.#field("stored").value = isStored ? JSON.stringify(claims) : "";
    this.#field("files").value = isStored ? "" : writeFiles(Object.fromEntries(inForm));
    this.#sayTotal(sizes);
    this.#form.dispatchEvent(new Event("input"));
  }

  #sayTotal(sizes: FileClaims): void {
    const count = Object.keys(sizes).length;
    const total = fileSize(Object.values(sizes).reduce((sum, { size }) => sum + size, 0));
    const files = count === 1 ? "1 file" : `${count} files`;
    const where = areStored(sizes)
      ? ": too large for the tag, so the server stores them with the block’s public page"
      : "";
    say("file-total", count === 0 ? "" : `${files}, ${total}${where}`);
  }

  #draw(): void {
    document.getElementById("file-list")?.replaceChildren(
      ...this.#files.map((file) => {
        const row = document.createElement("li");
        const path = document.createElement("input");
        path.value = file.path;
        path.className = "code";
        path.spellcheck = false;
        path.ariaLabel = `Path of ${file.path}`;
        path.addEventListener("change", () => {
          file.path = path.value.trim();
          void this.#changed();
        });
        const size = document.createElement("span");
        size.className = "quiet";
        size.textContent = fileSize(file.bytes.length);
        const remove = document.createElement("button");
        remove.type = "button";
        remove.className = "button";
        remove.textContent = "Remove";
        remove.ariaLabel = `Remove ${file.path}`;
        remove.addEventListener("click", () => {
          this.#files = this.#files.filter((one) => one !== file);
          this.#draw();
          void this.#changed();
          document.getElementById("choose-files")?.focus();
        });
        row.append(path, size, remove);
        return row;
      }),
    );
  }

  #field(name: string): HTMLInputElement {
    return place(this.#form, name);
  }
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function base64Of(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
