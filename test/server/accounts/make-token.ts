import type { InferOutput } from "valibot";
import { paths } from "../../../protocol/paths.ts";
import type { MadeTokenSchema, NewToken } from "../../../protocol/tokens.ts";
import type { System } from "../system.ts";

/** Makes an API token with the owner's. */
export async function makeToken(
  system: System,
  request: NewToken,
): Promise<InferOutput<typeof MadeTokenSchema>> {
  const headers = { authorization: `Bearer ${system.ownerToken.trim()}` };
  const response = await system.call("POST", paths.tokens, request, headers);
  if (response.status !== 201) throw new Error(await response.text());
  return (await response.json()) as InferOutput<typeof MadeTokenSchema>;
}
