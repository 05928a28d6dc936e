import { mkdirSync, writeFileSync } from "node:fs";
import { inRoot } from "../root.mjs";
import { renderGuides } from "./render.ts";

// The guides as the server's pages show them, so that a server needs no Markdown.
mkdirSync(inRoot("dist/guides"), { recursive: true });
writeFileSync(inRoot("dist/guides/guides.json"), JSON.stringify(renderGuides()));
