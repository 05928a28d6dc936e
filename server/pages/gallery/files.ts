import { readFileSync } from "node:fs";
import type { OpenDocument } from "../../runs/result-links.ts";
import { left } from "./scene.ts";

interface SampleFile {
  type: string;
  content: () => string | Buffer<ArrayBuffer>;
}

/** The files that the gallery's played runs leave, by name. */
export const sampleFiles: ReadonlyMap<string, SampleFile> = new Map([
  ["plot.png", { type: "image/png", content: once(() => read("plot.png")) }],
  ["drawing.svg", { type: "image/svg+xml", content: once(() => read("drawing.svg")) }],
  ["report.html", { type: "text/html; charset=utf-8", content: once(() => read("report.html")) }],
  ["cities.csv", { type: "text/csv; charset=utf-8", content: once(() => read("cities.csv")) }],
  ["result.json", { type: "application/json", content: once(() => read("result.json")) }],
  ["output.txt", { type: "text/plain; charset=utf-8", content: once(numbers) }],
]);

/** The document that a block of the gallery shows in a frame. */
export const reportDocument: OpenDocument = {
  get artifact() {
    const file = left("report.html", "text/html", read("report.html").length);
    return { ...file, url: "/gallery/files/report.html" };
  },
  read: async () => new Blob([read("report.html")]).stream(),
};

function read(name: string): Buffer<ArrayBuffer> {
  return readFileSync(new URL(`./files/${name}`, import.meta.url));
}

/** The output of `for n in range(100_000): print(n)`. */
function numbers(): string {
  return Array.from({ length: 100_000 }, (_, n) => `${n}\n`).join("");
}

function once<Content>(make: () => Content): () => Content {
  let made: Content | undefined;
  return () => (made ??= make());
}
