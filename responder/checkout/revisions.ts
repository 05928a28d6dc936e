import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Commit, CommandWork } from "../../protocol/command.ts";
import { MAX_MESSAGES } from "../../protocol/sizes.ts";
import type { GitMirror } from "./mirror.ts";
import { CommandRefusal } from "../project-file/refusal.ts";

export interface Resolved {
  /** Full names, in order. */
  readonly commits: readonly string[];
  readonly ref: string | undefined;
  readonly defaultBranch: string | undefined;
  /** Whether the one commit is where the default branch is now. */
  readonly isDefaultTip: boolean;
}

const DAY_S = 24 * 3600;
const HEADS = "refs/heads/";
/** The repository is asked anew which branch is its default after so long. */
const REMEMBERED_MS = 3600 * 1000;

/** Finds the commits that a revision means, and brings each of them into the mirror. */
export async function resolveRevision(
  mirror: GitMirror,
  { revision, trigger }: Pick<CommandWork, "revision" | "trigger">,
  now: () => number,
): Promise<Resolved> {
  switch (revision.of) {
    case "commit": {
      const { commit, ref } = revision;
      // A push is known to be the newest commit; a commit that was asked for may be far behind.
      const isPush = trigger === "push";
      const [, known] = await Promise.all([
        mirror.bring(commit, 1, ref),
        // Optional: a run does not fail without it.
        findDefaultBranch(mirror, isPush ? undefined : ref).catch(() => undefined),
      ]);
      const defaultBranch = known?.name;
      const isDefaultTip = ref === `${HEADS}${defaultBranch}` && (isPush || known?.tip === commit);
      return { commits: [commit], ref, defaultBranch, isDefaultTip };
    }
    case "ref": {
      const found = await findTip(mirror, revision.ref);
      if (found.commit.length < 40) return byName(mirror, [found.commit]);
      const { commit, ref, defaultBranch } = found;
      await mirror.bring(commit, 1, ref);
      const isDefaultTip = ref === `${HEADS}${defaultBranch}`;
      return { commits: [commit], ref, defaultBranch, isDefaultTip };
    }
    case "commits":
      return byName(mirror, revision.commits);
    case "history": {
      const { commit, ref, defaultBranch } = await findTip(mirror, revision.ref);
      await mirror.bring(commit, "full", ref);
      const commits = await lastOfEachDay(mirror, commit, revision.days, now() / 1000);
      if (commits.length > 0) return { commits, ref, defaultBranch, isDefaultTip: false };
      throw new CommandRefusal(
        "checkout_failed",
        `The branch has no commit of the last ${revision.days} days: ask for more days.`,
      );
    }
    default:
      return revision satisfies never;
  }
}

interface Tip {
  readonly commit: string;
  readonly ref: string | undefined;
  readonly defaultBranch: string | undefined;
}

/** Where a branch or tag is now, by its short or full name; absent: the default branch. */
async function findTip(mirror: GitMirror, name: string | undefined): Promise<Tip> {
  const wanted = name ?? "HEAD";
  if (/[\0-\x20\x7f~^:?*[\\]|\.\.|@\{|^-/.test(wanted)) throw noSuchRef(wanted);
  const names = wanted.startsWith("refs/")
    ? [wanted]
    : [`${HEADS}${wanted}`, `refs/tags/${wanted}`];
  const asked = ["HEAD", ...names.flatMap((one) => [one, `${one}^{}`])];
  const { tips, defaultBranch } = await askRemote(mirror, asked);
  if (name === undefined) {
    const commit = tips.get("HEAD");
    if (commit !== undefined) {
      return { commit, ref: defaultBranch && `${HEADS}${defaultBranch}`, defaultBranch };
    }
    throw new CommandRefusal(
      "checkout_failed",
      "The repository has no commit on its default branch yet: push one.",
    );
  }
  const ref = names.find((one) => tips.has(one));
  // A tag's own object is another than the commit that it is put to.
  const commit = ref && (tips.get(`${ref}^{}`) ?? tips.get(ref));
  if (commit !== undefined) return { commit, ref, defaultBranch };
  if (/^[0-9a-f]{7,64}$/.test(wanted)) return { commit: wanted, ref: undefined, defaultBranch };
  throw noSuchRef(wanted);
}

function noSuchRef(name: string): CommandRefusal {
  return new CommandRefusal(
    "checkout_failed",
    `The repository has no branch or tag ${JSON.stringify(name)}: check the name, or push it.`,
  );
}

async function askRemote(mirror: GitMirror, names: readonly string[]) {
  const { url } = mirror.remote.access.address;
  const answer = await mirror.remote.git(
    ["ls-remote", "--symref", "--", url, ...names],
    mirror.folder,
  );
  const tips = new Map<string, string>();
  let defaultBranch: string | undefined;
  for (const line of answer.split("\n")) {
    const [what = "", name = ""] = line.split("\t");
    if (!what.startsWith("ref: ")) tips.set(name, what);
    else if (name === "HEAD" && what.startsWith(`ref: ${HEADS}`)) {
      defaultBranch = what.slice(`ref: ${HEADS}`.length);
    }
  }
  if (defaultBranch !== undefined) await writeFile(defaultFile(mirror), defaultBranch);
  return { tips, defaultBranch };
}

const defaultFile = (mirror: GitMirror) => join(mirror.folder, "deferred-default-branch");

/** The default branch as the repository told it lately; with its tip of now where that is the branch `ref`. */
async function findDefaultBranch(
  mirror: GitMirror,
  ref: string | undefined,
): Promise<{ name: string | undefined; tip?: string | undefined }> {
  const file = defaultFile(mirror);
  const known = await stat(file).catch(() => undefined);
  if (known && Date.now() - known.mtimeMs < REMEMBERED_MS) {
    const name = await readFile(file, "utf8");
    if (ref !== `${HEADS}${name}`) return { name };
  }
  const { tips, defaultBranch } = await askRemote(mirror, ["HEAD"]);
  return { name: defaultBranch, tip: tips.get("HEAD") };
}

/** Commits by names that may be abbreviated. */
async function byName(mirror: GitMirror, names: readonly string[]): Promise<Resolved> {
  const rest = { ref: undefined, defaultBranch: undefined, isDefaultTip: false };
  const wrong = names.filter((name) => !/^[0-9a-f]{4,64}$/.test(name));
  if (wrong.length > 0) throw unknownCommits(wrong);
  const isFull = (name: string) => name.length === 40 || name.length === 64;
  if (names.every(isFull)) {
    for (const name of names) await mirror.bring(name, 1);
    return { commits: names, ...rest };
  }
  await mirror.bringAll();
  const unknown: string[] = [];
  const commits: string[] = [];
  for (const name of names) {
    // Among several objects that begin so, the one commit is meant; of several commits none is.
    const args = ["rev-parse", "--quiet", "--verify", `${name}^{commit}`];
    const found = await mirror.git(args).catch(() => "");
    if (found === "") unknown.push(name);
    else commits.push(found.trim());
  }
  if (unknown.length > 0) throw unknownCommits(unknown);
  return { commits, ...rest };
}

function unknownCommits(names: readonly string[]): CommandRefusal {
  const list = names.map((name) => JSON.stringify(name.slice(0, 64))).join(", ");
  return new CommandRefusal(
    "checkout_failed",
    `The repository has no commit, or more than one, that begins with ${list}: give more digits, or push it.`,
  );
}

/** The last commit of each UTC day, today and the `days` - 1 before, along first parents; oldest first. */
async function lastOfEachDay(
  mirror: GitMirror,
  tip: string,
  days: number,
  nowS: number,
): Promise<string[]> {
  const log = await mirror.git(["log", "--first-parent", "--format=%H %ct", tip]);
  const today = Math.floor(nowS / DAY_S);
  const last = new Map<number, { commit: string; at: number }>();
  for (const line of log.trimEnd().split("\n")) {
    const [commit = "", time] = line.split(" ");
    const at = Number(time);
    const day = Math.floor(at / DAY_S);
    if (day > today || day <= today - days) continue;
    // Clocks differ: of equal times the one nearer to the tip is the later.
    if (at > (last.get(day)?.at ?? -1)) last.set(day, { commit, at });
  }
  return [...last].sort(([a], [b]) => a - b).map(([, { commit }]) => commit);
}

const FIELDS = ["%H", "%B", "%an", "%ae", "%ct"];
const MESSAGE_CHARACTERS = 10_000;
const NAME_CHARACTERS = 500;

/** The latest time that RFC 3339 can say. */
const LATEST_S = 253_402_300_799;

/** Facts about commits in the mirror, each once, whatever name it was given by. */
export async function describeCommits(
  mirror: GitMirror,
  names: readonly string[],
): Promise<Commit[]> {
  const format = `--format=${FIELDS.join("%x00")}`;
  const args = ["log", "--no-walk=unsorted", "-z", "--encoding=UTF-8", format, ...names];
  const fields = (await mirror.git(args)).split("\0");
  const commits = new Map<string, Commit>();
  const most = Math.min(MESSAGE_CHARACTERS, Math.floor(MAX_MESSAGES / names.length));
  for (let at = 0; at + FIELDS.length <= fields.length; at += FIELDS.length) {
    const [sha = "", message = "", name = "", email = "", time = ""] = fields.slice(at);
    commits.set(sha, {
      sha,
      message: message.trimEnd().slice(0, most),
      author_name: name.slice(0, NAME_CHARACTERS),
      author_email: email.slice(0, NAME_CHARACTERS),
      committed_at: new Date(Math.min(Number(time), LATEST_S) * 1000).toISOString(),
    });
  }
  if (commits.size > 0) return [...commits.values()];
  throw new CommandRefusal(
    "checkout_failed",
    `What has the name ${names[0]} is no commit: give a commit's, a branch's or a tag's.`,
  );
}
