import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { openTag, scriptTag } from "../../blocks/embed-tag.ts";
import { publicPart, type PrivateJwk } from "../../blocks/keys.ts";
import { readAuthorSync, type Author } from "../api/author.ts";
import { CliError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { oldPlaceNotes } from "../keys/key-files.ts";
import { readPrivateKey, UnusableKeyError } from "../sign/private-key.ts";
import { checkServerUrl, issueToken } from "../sign/sign-file.ts";
import { limitNotes } from "../../protocol/limits.ts";
import { BlockLock, LOCK_NAME } from "./lock.ts";
import { readMark } from "./mark.ts";
import { splitWords, wordsAfterRun } from "./mark-words.ts";
import { PageBlocks, type PreparedBlock, type SignedBlock } from "./prepare.ts";
import { SiteError } from "./problem.ts";
import { recordedHtml } from "./recorded-html.ts";
import { signPage, type SignedPage } from "./sign-page.ts";

export interface SiteOptions {
  /** The folder of the files that marks name, and of the lock. Default: the current folder. */
  root?: string | undefined;
  /** Default: `deferred-blocks.lock.json` in the root. */
  lock?: string | undefined;
  /** Default: the lock's, else `DEFERRED_PROJECT`. */
  project?: string | undefined;
  /** The server that may run the blocks; false: any. Default: the lock's, else `DEFERRED_URL`. */
  aud?: string | boolean | undefined;
  /** Id of the key. Default: `DEFERRED_SIGNING_KEY`, else the newest of the data folder. */
  key?: string | undefined;
  /** URL of the element's script; false: it is not added to pages. Default: the server's. */
  script?: string | boolean | undefined;
  /** A mark for every block, such as `cache=1h`. */
  defaults?: string | undefined;
  /** Sign every block again. */
  renew?: boolean | undefined;
  /** Sign blocks again that are valid for no more than so many seconds. */
  expiresWithinS?: number | undefined;
}

export interface SignedFence extends SignedBlock {
  /** Attributes of `<deferred-runner>`. */
  attributes: Record<string, string>;
  /** Its start tag. */
  open: string;
  /** The recorded output, if there is any, and its end tag. */
  close: string;
  /** The `<output>` element alone. */
  outputHtml: string | undefined;
}

export type Site = ReturnType<typeof openSite>;
export type SitePage = ReturnType<Site["openPage"]>;

/**
 * Signs the blocks of a site. Synchronous, because compilers of Markdown are. Throws `CliError` if the lock or the
 * options can't be used; a key is only read for a block that the lock does not have.
 */
export function openSite(options: SiteOptions = {}) {
  const root = options.root ?? process.cwd();
  const lock = new BlockLock(options.lock ?? join(root, LOCK_NAME));
  const defaults = readDefaults(options.defaults);
  const { project, server, author } = findAuthor(options, lock);
  const audience = server ?? undefined;
  const scriptUrl = findScript(options, server, author);
  /** Tokens of this process: a page that is compiled twice gets the same. */
  const issued = new Map<string, string>();
  let signing: PrivateJwk | undefined;

  function issue(prepared: PreparedBlock): SignedBlock {
    const { signable } = prepared;
    const name = JSON.stringify(signable);
    const known = lock.find(signable);
    const ends = known?.claims.exp === undefined ? Number.POSITIVE_INFINITY : known.claims.exp;
    const leftS = ends - Date.now() / 1000;
    const isOver = leftS <= 0;
    const isWanted = options.renew === true || leftS <= (options.expiresWithinS ?? 0);
    if (known && (issued.has(name) || !(isWanted || isOver))) {
      lock.use(known.block);
      return { ...prepared, block: known.block, isNew: false, output: known.output };
    }
    const isFirst = signing === undefined;
    signing ??= readKey(isOver);
    const keyNotes = isFirst ? oldPlaceNotes(author(), signing.kid) : [];
    const issuedAt = Math.floor(Date.now() / 1000);
    const { expires_s: expiresS, ...rest } = signable;
    const { iss, aud, ...others } = rest;
    const claims = {
      iss,
      ...(aud !== undefined && { aud }),
      iat: issuedAt,
      ...(expiresS !== undefined && { exp: issuedAt + expiresS }),
      jti: randomUUID(),
      ...others,
    };
    const block = issueToken(claims, signing);
    const output = lock.findOutput(signable);
    lock.put({ block, claims, output }, publicPart(signing), signing.kid);
    issued.set(name, block);
    return { ...prepared, notes: [...prepared.notes, ...keyNotes], block, isNew: true, output };
  }

  function readKey(isExpired: boolean): PrivateJwk {
    lock.setAuthor(project, server);
    try {
      return readPrivateKey(author(), options.key);
    } catch (cause) {
      if (!(cause instanceof CliError) || cause instanceof UnusableKeyError) throw cause;
      const what = isExpired ? "its token has expired" : `it is not in ${LOCK_NAME}`;
      throw new CliError(`${what}, and it can't be signed: ${cause.message}`, {
        hint: `sign the site where the key is (deferred sign site) and commit ${LOCK_NAME}, or set DEFERRED_SIGNING_KEY`,
        exitCode: cause.exitCode,
        cause,
      });
    }
  }

  /** Reads a mark and signs its block. Throws `CliError`. */
  function sign(
    page: PageBlocks,
    {
      words,
      language,
      source,
    }: { words: readonly string[]; language?: string | undefined; source: string },
  ): SignedBlock {
    const mark = readMark([...defaults, ...words]);
    const signed = issue(page.prepare({ source, language, mark }, { project, audience }));
    return { ...signed, notes: [...signed.notes, ...limitNotes(mark.terms.limits)] };
  }

  return {
    root,
    lock,
    project,
    /** The server that may run the blocks; null: any. */
    server,
    scriptUrl,
    author,
    scriptTag: () => (scriptUrl === undefined ? "" : scriptTag(scriptUrl)),
    issue,

    /** Signs the marked blocks of a page. Bytes that are no part of a block stay as they are. */
    signHtml(html: string, file: string): SignedPage {
      const page = new PageBlocks(root);
      return signPage(html, file, {
        scriptUrl,
        sign: (wanted) => sign(page, wanted),
        use: (block) => lock.use(block),
      });
    },

    /** For the fences of one Markdown file, in order. */
    openPage(file: string) {
      const page = new PageBlocks(root);
      return {
        /** Undefined for a fence without the word `run`. Throws `SiteError`. */
        signFence(fence: {
          language?: string | undefined;
          /** The info string, with or without its language. */
          info: string | null | undefined;
          code: string;
          /** From 1. */
          line?: number | undefined;
        }): SignedFence | undefined {
          try {
            const words = wordsAfterRun(fence.info ?? "");
            if (!words) return undefined;
            const language = fence.language ?? languageOfInfo(fence.info ?? "");
            return tagOf(sign(page, { words, language, source: fence.code }));
          } catch (error) {
            if (!(error instanceof CliError)) throw error;
            const { message, hint } = error;
            throw new SiteError({ file, line: fence.line ?? 1, message, hint }, error);
          }
        },
      };
    },

    /** Writes the lock if it changed. */
    save: (how?: { pruned?: boolean }): boolean => lock.save(how),
  };
}

/** The words of the mark for all blocks. Throws `CliError` before a block is read, whose own mark would seem wrong. */
function readDefaults(mark = ""): string[] {
  try {
    const words = splitWords(mark);
    readMark(words);
    return words;
  } catch (cause) {
    if (!(cause instanceof CliError)) throw cause;
    throw new CliError(`defaults '${mark}': ${cause.message}`, {
      ...(cause.hint !== undefined && { hint: cause.hint }),
      exitCode: EXIT.usage,
      cause,
    });
  }
}

function tagOf(signed: SignedBlock): SignedFence {
  const { open, attributes } = openTag({ block: signed.block, ...signed.sent });
  const outputHtml = signed.output && recordedHtml(signed.output, "en");
  return {
    ...signed,
    attributes,
    open,
    close: `${outputHtml ?? ""}</deferred-runner>`,
    outputHtml,
  };
}

/** The first word of an info string, also as a class: `{.python .run}`. */
function languageOfInfo(info: string): string | undefined {
  const word = /^\s*\{?\s*\.?([^\s{}=]+)(?=[\s{}]|$)/.exec(info)?.[1];
  return word === "run" ? undefined : word;
}

function findAuthor(options: SiteOptions, lock: BlockLock) {
  let read: Author | undefined;
  const author = () => (read ??= readAuthorSync(options.project ?? lock.project));
  const known = lock.project !== undefined && lock.server !== undefined;
  const project = options.project ?? lock.project ?? author().project;
  if (options.project !== undefined) author();
  if (options.aud === false) return { project, server: null, author };
  if (typeof options.aud === "string")
    return { project, server: checkServerUrl(options.aud), author };
  return { project, server: known ? lock.server! : author().serverUrl, author };
}

function findScript(
  { script }: SiteOptions,
  server: string | null,
  author: () => Author,
): string | undefined {
  if (script === false) return undefined;
  if (typeof script === "string") return script;
  return `${server ?? author().serverUrl}/deferred-runner.js`;
}
