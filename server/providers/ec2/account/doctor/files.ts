import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { randomUUID } from "node:crypto";
import { resultsUrlOf } from "../target.ts";
import { bucketOf } from "./bucket.ts";
import type { Checked } from "./checked.ts";
import { findingsOf, type Finding } from "../../../../operate/doctor/finding.ts";

const PAGE = "https://page.example";
const WAIT_MS = 10_000;

/** Checks that any page can read a result from the bucket, and nothing else. */
export async function* checkFiles(checked: Checked): AsyncGenerator<Finding> {
  const { clients, target, account } = checked;
  if (target.bucket === "") return;
  const bucket = bucketOf(target, account);
  const base = resultsUrlOf(target);
  const name = `deferred-doctor-${randomUUID()}.txt`;
  for (const folder of ["results", "private"]) {
    const Key = `${folder}/${name}`;
    const put = {
      ...bucket,
      Key,
      Body: "written by deferred aws doctor\n",
      ContentType: "text/plain",
    };
    await clients.s3.send(new PutObjectCommand(put));
    try {
      yield* folder === "results" ? readable(`${base}/${Key}`) : closed(`${base}/${Key}`);
    } finally {
      await clients.s3.send(new DeleteObjectCommand({ ...bucket, Key }));
    }
  }
  yield findingsOf("files").ok("written and removed");
  yield* unlisted(base, checked.now);
}

async function* readable(url: string): AsyncGenerator<Finding> {
  const about = findingsOf("public read");
  const response = await ask(url);
  if (response?.status !== 200) {
    yield about.failed(
      `results are not to be read without a signature: ${statusOf(response)} at ${url}`,
      "set DEFERRED_RESULTS_URL to what deferred aws setup prints; a new CDN takes some minutes, and a public bucket fails where the account blocks public policies: deferred aws setup --set Results=cloudfront",
    );
    return;
  }
  yield about.ok("anybody may read results/*");
  const allowed = response.headers.get("access-control-allow-origin");
  yield allowed === "*" || allowed === PAGE
    ? findingsOf("pages").ok("pages anywhere may show results")
    : findingsOf("pages").failed(
        "pages may not show results: the answer has no Access-Control-Allow-Origin",
        "run deferred aws setup, which sets it; a CDN of your own has to pass the Origin header on",
      );
}

async function* closed(url: string): AsyncGenerator<Finding> {
  const about = findingsOf("private files");
  const response = await ask(url);
  yield response?.status === 200
    ? about.failed(
        "anybody may read private/*, where files of projects' own commands are",
        "take the statement that opens more than results/* out of the bucket's policy",
      )
    : about.ok("private/* is closed");
}

async function* unlisted(base: string, now: () => number): AsyncGenerator<Finding> {
  const about = findingsOf("public list");
  const began = now();
  const response = await ask(`${base}/?list-type=2`);
  const isListed = response?.status === 200 && (await response.text()).includes("ListBucketResult");
  yield isListed
    ? about.failed(
        "anybody may list the bucket, and with that find every result",
        "take the statement that allows s3:ListBucket to everybody out of the bucket's policy",
      )
    : about.ok("results can't be listed without a signature");
  const date = Date.parse(response?.headers.get("date") ?? "");
  if (!Number.isNaN(date)) yield clock(Math.round((date - began) / 1000));
}

/** Checks the clock: AWS refuses requests that were signed at another time, and blocks have dates. */
function clock(behindS: number): Finding {
  const about = findingsOf("clock");
  const fix = "let it keep time: timedatectl set-ntp true";
  const away = `this machine's clock is ${Math.abs(behindS)} s ${behindS > 0 ? "behind" : "ahead"}`;
  if (Math.abs(behindS) > 300) return about.failed(away, fix);
  return Math.abs(behindS) > 30 ? about.warning(away, fix) : about.ok("right to some seconds");
}

async function ask(url: string): Promise<Response | undefined> {
  const options = { headers: { origin: PAGE }, signal: AbortSignal.timeout(WAIT_MS) };
  return fetch(url, options).catch(() => undefined);
}

function statusOf(response: Response | undefined): string {
  return response ? `status ${response.status}` : "no answer";
}
