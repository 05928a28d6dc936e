import { mkdirSync, readFileSync, writeFileSync, chmodSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import * as v from "valibot";
import { parseJson } from "../api/call.ts";

const SavedSchema = v.object({
  /** The server of the last login. */
  current: v.optional(v.string()),
  servers: v.record(v.string(), v.object({ token: v.string(), id: v.string(), user: v.string() })),
});
type Saved = v.InferOutput<typeof SavedSchema>;

/** The folder of a person's own settings: `~/.config/deferred`. As XDG says, a relative path is ignored. */
export function configFolder(): string {
  const given = process.env["XDG_CONFIG_HOME"] ?? "";
  return join(isAbsolute(given) ? given : join(homedir(), ".config"), "deferred");
}

const file = () => join(configFolder(), "logins.json");

/** Logins by the address of their server. A file that can't be read is none. */
export function readLogins(): Saved {
  try {
    const saved = v.safeParse(SavedSchema, parseJson(readFileSync(file(), "utf8")));
    return saved.success ? saved.output : { servers: {} };
  } catch {
    // No login yet.
    return { servers: {} };
  }
}

export function saveLogin(server: string, login: Saved["servers"][string]): void {
  const { servers } = readLogins();
  write({ current: server, servers: { ...servers, [server]: login } });
}

/** Whether there was a login. */
export function forgetLogin(server: string): boolean {
  const { current, servers } = readLogins();
  if (!(server in servers)) return false;
  const { [server]: _, ...left } = servers;
  write({ ...(current !== server && { current }), servers: left });
  return true;
}

/** Readable by this user alone. */
function write(saved: Saved): void {
  mkdirSync(configFolder(), { recursive: true, mode: 0o700 });
  writeFileSync(file(), `${JSON.stringify(saved, null, 2)}\n`, { mode: 0o600 });
  chmodSync(file(), 0o600);
}
