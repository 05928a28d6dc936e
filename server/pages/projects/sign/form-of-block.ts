import type { BlockClaims } from "../../../../protocol/claims.ts";
import { writeDuration } from "../../../../protocol/durations.ts";
import { writeInputSpec } from "../../../../protocol/input-spec.ts";
import { writeFiles } from "../../../../protocol/part-attributes.ts";
import type { RequestParts } from "../../../../protocol/requests.ts";
import { parseRuntime } from "../../../../protocol/runtimes.ts";
import { LIMIT_FIELDS } from "./form.ts";

/** The fields that state a block's claims, code and parts again. Files that the server stores have to be chosen anew. */
export function formOfBlock(
  claims: BlockClaims,
  code: string,
  { before = [], setup, files }: RequestParts = {},
): URLSearchParams {
  const { runtime, inputs, limits, cache_s, origins, title, show, iat, exp } = claims;
  const { name, version } = parseRuntime(runtime);
  const network = limits?.network === true ? "any" : limits?.network || [];
  const fields = {
    source: code,
    runtime: name,
    version,
    title,
    inputs: Object.entries(inputs ?? {})
      .map(([input, spec]) => writeInputSpec(input, spec))
      .join("\n"),
    ...Object.fromEntries(LIMIT_FIELDS.map((limit) => [limit, limits?.[limit]?.toString()])),
    network: [network].flat().join(" "),
    cache: cache_s && writeDuration(cache_s),
    expires: exp && writeDuration(Math.round(exp - iat)),
    origins: origins?.join("\n"),
    show,
    setup,
    files: files && writeFiles(files),
    value: claims.value && "on",
    edit: claims.edit && "on",
    once: claims.retry && "on",
    any_server: claims.aud === undefined ? "on" : undefined,
  };
  const given = Object.entries(fields).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return new URLSearchParams([...given, ...before.map((text) => ["before", text])]);
}
