import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { assetOf, type Asset } from "../../assets.ts";

/** The built script of the page that signs; `widget` is the element's built module, beside which it lies. */
export async function readSignScript(widget: string): Promise<Asset> {
  const text = await readFile(join(dirname(widget), "sign-page.js"), "utf8");
  return assetOf("sign-page", "js", "text/javascript; charset=utf-8", text);
}
