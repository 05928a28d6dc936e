/** Content codings this server writes, best first. */
export type Coding = "br" | "gzip";

/** Longer headers are ignored; no browser sends one. */
const LONGEST = 1000;

/**
 * The coding to answer with, by RFC 9110 12.5.3; undefined for none. A caller that refuses every coding,
 * `identity` included, is answered without one: the alternative is no answer.
 */
export function negotiate(accept: string | undefined): Coding | undefined {
  if (accept === undefined || accept.length > LONGEST) return undefined;
  const weights = new Map<string, number>();
  for (const part of accept.toLowerCase().split(",")) {
    const [name = "", ...parameters] = part.split(";").map((piece) => piece.trim());
    if (name !== "") weights.set(name === "x-gzip" ? "gzip" : name, weightOf(parameters));
  }
  const weight = (coding: string) => weights.get(coding) ?? weights.get("*") ?? 0;
  const best = weight("br") >= weight("gzip") ? "br" : "gzip";
  // If `identity` is not listed, any accepted coding is preferred to it.
  const plain = weights.get("identity") ?? 0;
  return weight(best) > 0 && weight(best) >= plain ? best : undefined;
}

/** An invalid weight counts as 0: an uncompressed answer is always correct. */
function weightOf(parameters: readonly string[]): number {
  const given = parameters.find((parameter) => parameter.startsWith("q="));
  if (given === undefined) return 1;
  return /^q=(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(given) ? Number(given.slice(2)) : 0;
}
