import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Asset } from "../assets.ts";

const SCRIPT = "text/javascript; charset=utf-8";

const texts = {
  player: textOf("player.js"),
  gallery: textOf("gallery.js"),
  style: textOf("gallery.css"),
};
const hash = createHash("sha256").update(JSON.stringify(texts)).digest("hex").slice(0, 16);
/** One folder for all: the script imports the player beside it. */
const folder = `/assets/gallery-${hash}`;

export const galleryScript: Asset = file("gallery.js", SCRIPT, texts.gallery);
export const galleryStyle: Asset = file("gallery.css", "text/css; charset=utf-8", texts.style);
export const galleryAssets: readonly Asset[] = [
  ...[galleryScript, galleryStyle],
  file("player.js", SCRIPT, texts.player),
];

function file(name: string, type: string, text: string): Asset {
  return { path: `${folder}/${name}`, type, text, hash };
}

function textOf(name: string): string {
  return readFileSync(new URL(`./${name}`, import.meta.url), "utf8");
}
