import { resolve } from "node:path";
import { DeferredError } from "../../protocol/deferred-error.ts";
import { readServerLimits, type ServerLimits } from "./limits.ts";
import { parseSender } from "./sender-address.ts";
import { readPeopleSettings, type PeopleSettings } from "./people.ts";
import { isSmtpUrl } from "./smtp-url.ts";
import { settingsReader, type Choices, type SettingsReader } from "./reader.ts";

/** Everything an operator may set, read once at start. */
export interface Settings {
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** Absolute path of the data folder. */
  data: string;
  /** The server's public URL, without a slash at its end; absent: made from host and port. */
  url: string | undefined;
  /** Where results are read from, without a slash at its end; absent: the server itself. */
  resultsUrl: string | undefined;
  /** Seconds without work after which a machine stops. */
  idleS: number;
  storage: "fs" | "s3";
  /** Used if `storage` is `s3`. The AWS SDK finds the credentials in its own settings. */
  s3: {
    bucket: string;
    region: string | undefined;
    endpoint: string | undefined;
    pathStyle: boolean;
  };
  /** Master key; absent: made once in the data folder. */
  secret: string | undefined;
  /** Repositories and outgoing webhooks may be at loopback and private addresses, or a `file:`. */
  allowPrivate: boolean;
  /** URL of the mail server, with user and password; absent: no mail is sent. */
  smtpUrl: string | undefined;
  /** `Name <address>` that mails come from; absent: made from the public URL. */
  mailFrom: string | undefined;
  /** REST API of a GitHub Enterprise server; github.com's is built in. */
  gitHubApi: string | undefined;
  /** Reads public gists: GitHub then answers more requests. */
  gitHubToken: string | undefined;
  /** Trust `X-Forwarded-For` and `X-Forwarded-Proto`. */
  trustProxy: boolean;
  limits: ServerLimits;
  people: PeopleSettings;
  /** Days to keep ended runs, their results and old records. */
  retentionDays: number;
  logLevel: string;
  /** Bearer token for `/metrics`; absent: only programs on this machine may read it. */
  metricsToken: string | undefined;
}

/** All mistakes in the settings at once, each a sentence that names its variable. */
export class SettingsError extends DeferredError {
  override readonly name = "SettingsError";
  readonly mistakes: string[];
  constructor(mistakes: string[]) {
    super("settings_invalid", mistakes.join("\n"));
    this.mistakes = mistakes;
  }
}

const LOG_LEVELS = ["silent", "error", "warn", "info", "debug"];

type Environment = Record<string, string | undefined>;

/** A choice of DEFERRED_COMPUTE, with the function that reads the provider's own variables. */
export interface ProviderChoice<Configured> {
  readonly name: string;
  configure(read: SettingsReader, general: Pick<Settings, "url" | "idleS">): Configured;
}

/** Settings from environment variables, each with its default. Throws `SettingsError`. */
export function readSettings(env: Environment): Settings {
  const read = settingsReader(env);
  const settings = readGeneral(env, read);
  refuseMistakes(read);
  return settings;
}

/** The same with the configured provider and its settings. Throws `SettingsError`. */
export function readSettingsWith<Configured>(
  env: Environment,
  providers: Choices<ProviderChoice<Configured>>,
): Settings & { provider: Configured } {
  const read = settingsReader(env);
  const settings = readGeneral(env, read);
  const provider = read.named("DEFERRED_COMPUTE", providers).configure(read, settings);
  refuseMistakes(read);
  return { ...settings, provider };
}

function readGeneral(env: Environment, read: SettingsReader): Settings {
  const { mistakes, text } = read;
  const port = read.whole("PORT", 8080, 0, 65_535);
  const secret = env["DEFERRED_SECRET"] || undefined;
  if (secret !== undefined && secret.length < 32) {
    mistakes.push("DEFERRED_SECRET has to be 32 characters or more.");
  }
  const smtpUrl = env["SMTP_URL"] || undefined;
  const gitHubApi = read.url("DEFERRED_GITHUB_API");
  const allowPrivate = read.choice("DEFERRED_ALLOW_PRIVATE", ["0", "1"]) === "1";
  const settings: Settings = {
    host: text("HOST", "127.0.0.1"),
    port,
    data: resolve(text("DEFERRED_DATA", "./data")),
    url: read.origin("DEFERRED_URL"),
    resultsUrl: read.url("DEFERRED_RESULTS_URL"),
    idleS: read.number("DEFERRED_IDLE_S", 300, 1, 86_400),
    storage: read.choice("DEFERRED_STORAGE", ["fs", "s3"]),
    s3: {
      bucket: text("DEFERRED_S3_BUCKET", ""),
      region: env["AWS_REGION"] || env["AWS_DEFAULT_REGION"] || undefined,
      endpoint: read.url("AWS_ENDPOINT_URL_S3"),
      pathStyle: read.choice("DEFERRED_S3_PATH_STYLE", ["0", "1"]) === "1",
    },
    secret,
    allowPrivate,
    smtpUrl,
    mailFrom: env["DEFERRED_MAIL_FROM"] || undefined,
    gitHubApi,
    gitHubToken: env["DEFERRED_GITHUB_TOKEN"] || undefined,
    trustProxy: read.choice("DEFERRED_TRUST_PROXY", ["0", "1"]) === "1",
    limits: readServerLimits(read),
    people: readPeopleSettings(read, { smtpUrl, gitHubApi, allowPrivate }),
    retentionDays: read.number("DEFERRED_RETENTION_DAYS", 30, 1, 36_500),
    logLevel: text("DEFERRED_LOG", "info"),
    metricsToken: env["DEFERRED_METRICS_TOKEN"] || undefined,
  };
  if (env["DATABASE_URL"]) {
    mistakes.push("DATABASE_URL has to be unset: this version keeps its data in SQLite alone.");
  }
  const { mailFrom, metricsToken, gitHubToken } = settings;
  if (gitHubToken !== undefined && !/^[\w.~+/=-]+$/.test(gitHubToken)) {
    mistakes.push("DEFERRED_GITHUB_TOKEN has to be a token alone, without quotes or blanks.");
  }
  if (metricsToken !== undefined && !/^[\w.~+/=-]{16,400}$/.test(metricsToken)) {
    mistakes.push("DEFERRED_METRICS_TOKEN has to be 16 letters, digits or more.");
  }
  // The value is not quoted, since it contains a password.
  if (smtpUrl !== undefined && !isSmtpUrl(smtpUrl)) {
    mistakes.push("SMTP_URL has to be an smtp:// or smtps:// URL.");
  }
  if (mailFrom !== undefined && !parseSender(mailFrom)) {
    mistakes.push(
      `DEFERRED_MAIL_FROM has to be an address or "Name <address>", not "${mailFrom}".`,
    );
  }
  if (settings.storage === "s3") {
    if (settings.s3.bucket === "") mistakes.push("DEFERRED_S3_BUCKET has to name the bucket.");
    if (!settings.s3.region) mistakes.push("AWS_REGION has to name the bucket's region.");
  }
  if (!LOG_LEVELS.includes(settings.logLevel)) {
    mistakes.push(`DEFERRED_LOG has to be one of ${LOG_LEVELS.join(", ")}.`);
  }
  return settings;
}

function refuseMistakes({ mistakes }: SettingsReader): void {
  if (mistakes.length > 0) throw new SettingsError(mistakes);
}
