import * as v from "valibot";

/**
 * `owner`: the server's, by the owner's token or a sign-in link. `token`: an API token of a project. `reader`: anybody
 * who ran a block of a page.
 */
export const ACTOR_KINDS = ["owner", "user", "token", "webhook", "schedule", "reader"] as const;
export type ActorKind = (typeof ACTOR_KINDS)[number];

/** Who did something. */
export const ActorSchema = v.object({
  kind: v.picklist(ACTOR_KINDS),
  /** Of the user or the token; the kind's own name for the others. */
  id: v.string(),
  /** The user's or the token's name then. */
  name: v.string(),
});
export type Actor = v.InferOutput<typeof ActorSchema>;

/** Whether the actor's id is that of a user. The owner's token is nobody's. */
export function isPerson({ kind, id }: Actor): boolean {
  return kind === "user" || (kind === "owner" && id !== "owner");
}

/** A person, a token or an event, in words: `ada`, `token CI of the site`, `the owner`, `github webhook`. */
export function actorWords({ kind, id, name }: Actor): string {
  switch (kind) {
    case "owner":
      return name === "" ? "the owner" : name;
    case "user":
      return name === "" ? id : name;
    case "token":
      return `token ${name === "" ? id.slice(0, 8) : name}`;
    case "webhook":
      return name === "" ? "a webhook" : `${name} webhook`;
    case "schedule":
      return "a schedule";
    case "reader":
      return "a reader";
    default:
      return kind satisfies never;
  }
}
