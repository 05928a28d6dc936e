import { readFile } from "node:fs/promises";
import type { DataFolder } from "../../settings/data-folder.ts";
import { findingsOf, type Finding } from "./finding.ts";
import { newId } from "../../database/ids.ts";
import { isLoopback } from "../../http/listen.ts";
import type { Settings } from "../../settings/settings.ts";
import type { Storage } from "../../storage/storage.ts";

const WAIT_MS = 10_000;
/** File descriptors beside those of connections: the database, open results, and machines. */
const OTHER_FILES = 200;

/** Writes, reads and removes a test object. */
export async function* checkStorage(storage: Storage): AsyncGenerator<Finding> {
  const about = findingsOf("storage");
  const run = `doctor${newId()}`;
  const body = Buffer.from('{"state":"succeeded"}');
  try {
    await storage.put(`results/${run}/result.json`, body, "application/json");
    const found = await storage.stat(`results/${run}/result.json`);
    await storage.remove(`results/${run}`);
    yield found?.size === body.length
      ? about.ok("a result was written, found and removed")
      : about.failed("a result was written and is not there", "look at the disk, or at the bucket");
  } catch (error) {
    yield about.failed(
      `a result could not be written, found and removed: ${messageOf(error)}`,
      "free or mount the disk; for S3, `deferred aws doctor` says more",
    );
  }
}

export async function* checkMail(
  settings: Settings,
  greet: (smtpUrl: string) => Promise<void>,
): AsyncGenerator<Finding> {
  const about = findingsOf("mail");
  if (settings.smtpUrl === undefined) {
    yield about.skipped("SMTP_URL is not set, so nobody is mailed");
    return;
  }
  const failure = await greet(settings.smtpUrl).then(
    () => undefined,
    (error: unknown) => messageOf(error),
  );
  yield failure === undefined
    ? about.ok("the mail server takes the user of SMTP_URL")
    : about.failed(`the mail server does not: ${failure}`, "correct SMTP_URL");
}

interface Note {
  url: string;
  pid: number;
  /** Whether a proxy on this machine forwards requests. */
  proxied?: boolean;
}

/** Checks that the public address leads to this server and not to another. */
export async function* checkPublicUrl(
  settings: Settings,
  folder: DataFolder,
): AsyncGenerator<Finding> {
  const about = findingsOf("address");
  const noted = await readJson<Note>(folder.serverFile);
  const url = settings.url ?? noted?.url;
  if (url === undefined) {
    yield about.skipped("no server was started here yet");
    return;
  }
  const { protocol, hostname } = new URL(url);
  const local = isLoopback(hostname);
  if (protocol !== "https:" && !local) {
    yield about.warning(`${url} is not https`, "put a proxy with a certificate before it");
  }
  const answer = await fetch(`${url}/.well-known/jwks.json`, {
    signal: AbortSignal.timeout(WAIT_MS),
    redirect: "manual",
  }).catch((error: unknown) => new Error(messageOf(error)));
  const own = await readJson<{ x: string }>(folder.receiptKey);
  if (answer instanceof Error) {
    yield about.failed(
      `${url} does not answer: ${answer.message}`,
      "start the server, and the proxy before it; or correct DEFERRED_URL",
    );
  } else if (answer.status !== 200 || !(await answer.text()).includes(own?.x ?? "?")) {
    yield about.failed(
      `another server answers at ${url}`,
      "correct DEFERRED_URL or DEFERRED_DATA, or have the proxy pass requests on as they are",
    );
  } else yield about.ok(`this server answers at ${url}`);
  // Read again, since the request above may have been the first through a proxy.
  const proxied = (await readJson<Note>(folder.serverFile))?.proxied ?? false;
  if ((proxied || (!local && isLoopback(settings.host))) && !settings.trustProxy) {
    yield about.warning(
      "a proxy stands before the server and is not believed, so limits tell no reader from another",
      "have the proxy set X-Forwarded-For, and set DEFERRED_TRUST_PROXY=1",
    );
  }
  if (noted) yield* checkOpenFiles(settings, noted.pid);
}

async function* checkOpenFiles(settings: Settings, pid: number): AsyncGenerator<Finding> {
  const about = findingsOf("open files");
  const limits = await readFile(`/proc/${pid}/limits`, "utf8").catch(() => "");
  const most = Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.NaN);
  if (Number.isNaN(most)) return;
  const { connections } = settings.limits;
  yield most >= connections + OTHER_FILES
    ? about.ok(`the server may open ${most}`)
    : about.warning(
        `the server may open ${most}, and take ${connections} connections`,
        `raise it (LimitNOFILE=${connections + OTHER_FILES} in systemd), or lower DEFERRED_MAX_CONNECTIONS`,
      );
}

async function readJson<Value>(file: string): Promise<Value | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Value);
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
