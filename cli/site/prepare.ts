import { codeDigest } from "../../blocks/digest.ts";
import type { RequestParts } from "../../protocol/requests.ts";
import { UsageError } from "../errors/cli-error.ts";
import { makeClaims } from "../sign/claims.ts";
import { checkParts, describeFiles, parseFileOption, refuseStored } from "../sign/parts.ts";
import { checkLastValue } from "../sign/sign-file.ts";
import { canonicalSource, decodeProgram } from "../sign/source.ts";
import { runtimeOfLanguage } from "./language.ts";
import { signableOf, type Recorded, type Signable } from "./lock-file.ts";
import type { BlockMark } from "./mark.ts";
import { readSiteFile } from "./site-files.ts";

/** A block that is ready to be signed. */
export interface PreparedBlock {
  signable: Signable;
  /** Canonical code. */
  code: string;
  runtime: string;
  /** Other parts of a request. */
  sent: RequestParts;
  /** Whether `--record` runs it. */
  record: boolean;
  notes: string[];
}

/** A block of a page or a fence with its token. It is all that publishing or recording it takes. */
export interface SignedBlock extends PreparedBlock {
  block: string;
  /** Whether it was signed now, rather than found in the lock. */
  isNew: boolean;
  output: Recorded | undefined;
}

/** The blocks of one page, in order: later ones build on earlier ones. */
export class PageBlocks {
  readonly #blocks: { name: string | undefined; chain: string[] }[] = [];
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Throws `CliError`. */
  prepare(
    { source, language, mark }: { source: string; language: string | undefined; mark: BlockMark },
    author: { project: string; audience: string | undefined },
  ): PreparedBlock {
    const { code, notes } = canonicalSource("the block", source);
    const runtime = mark.runtime ?? runtimeOfLanguage(language);
    if (runtime === undefined) {
      const what = language ? `no runtime runs "${language}"` : "its language is not on the page";
      throw new UsageError(`${what}: add runtime=python, or another that there is`);
    }
    checkLastValue(mark.terms, runtime);
    const before = this.#before(mark.after);
    const setup = mark.setup === undefined ? undefined : this.#readCode(mark.setup);
    checkParts([...(setup === undefined ? [] : [setup]), ...before], runtime, code);
    const { claims, bytes, stored } = this.#readFiles(mark.files);
    refuseStored(stored);
    this.#blocks.push({ name: this.#checkName(mark.name), chain: [...before, code] });
    return {
      signable: signableOf(
        makeClaims(mark.terms, {
          ...author,
          digest: codeDigest(code),
          runtime,
          id: "unsigned",
          now: 0,
          ...(mark.files.length > 0 && { files: claims }),
          ...(before.length > 0 && { after: before.map(codeDigest) }),
          ...(setup !== undefined && { setup: codeDigest(setup) }),
        }),
      ),
      code,
      runtime,
      sent: {
        ...(bytes && { files: bytes }),
        ...(before.length > 0 && { before }),
        ...(setup !== undefined && { setup }),
      },
      record: mark.record,
      notes,
    };
  }

  /** The code of the named blocks and of the blocks before them, each once. */
  #before(names: readonly string[]): string[] {
    const chains = names.map((name) => {
      const found =
        name === "previous"
          ? this.#blocks.at(-1)
          : this.#blocks.find((block) => block.name === name);
      if (found) return found.chain;
      const known = this.#blocks.flatMap((block) => block.name ?? []);
      const there = known.length === 0 ? "give one a name=…" : `there are ${known.join(", ")}`;
      throw new UsageError(
        name === "previous"
          ? "after=previous: no block stands before this one on its page"
          : `after=${name}: no block above it on its page has that name; ${there}`,
      );
    });
    return [...new Set(chains.flat())];
  }

  #checkName(name: string | undefined): string | undefined {
    if (name === undefined || this.#blocks.every((block) => block.name !== name)) return name;
    throw new UsageError(`name=${name} is there twice on this page`);
  }

  #readCode(file: string): string {
    const text = decodeProgram(file, readSiteFile(this.#root, file));
    return canonicalSource(file, text).code;
  }

  #readFiles(options: readonly string[]) {
    const named = options.map((option) => parseFileOption(option));
    return describeFiles(
      named.map(({ path, source }) => [path, readSiteFile(this.#root, source)] as const),
    );
  }
}
