import { paths } from "../../protocol/paths.ts";
import type { System } from "./system.ts";

/** The cookie of a browser in which the owner followed a sign-in link. */
export async function signIn(system: System): Promise<string> {
  const authorization = `Bearer ${system.ownerToken.trim()}`;
  const made = await system.call("POST", paths.signInLinks, undefined, { authorization });
  const { url } = (await made.json()) as { url: string };
  const followed = await system.call("GET", new URL(url).pathname);
  return followed.headers.get("set-cookie")!.split(";")[0]!;
}
