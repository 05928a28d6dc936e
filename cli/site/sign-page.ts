import { parse, type DefaultTreeAdapterTypes } from "parse5";
import { codeDigest, sourceDigest } from "../../blocks/digest.ts";
import { openTag, scriptTag } from "../../blocks/embed-tag.ts";
import { describeDifference } from "../../protocol/page-code.ts";
import { CanonicalCodeError } from "../../protocol/canonical-code.ts";
import { textOf } from "../../protocol/page-text.ts";
import { CliError, UsageError } from "../errors/cli-error.ts";
import { findBlocksIn, isWidget } from "../page/blocks.ts";
import { attribute, findElements, pageElement, type Element } from "../page/element.ts";
import { applyEdits, removeAttribute, setAttribute, type TextEdit } from "./edits.ts";
import { chooseCode } from "./choose-code.ts";
import {
  closest,
  findMarkedBlocks,
  holderOf,
  mayHoldMarks,
  type MarkedBlock,
} from "./find-marks.ts";
import type { SiteProblem } from "./problem.ts";
import { checkRawMarkup } from "./raw-markup.ts";
import { RECORDED_ATTRIBUTE, recordedHtml } from "./recorded-html.ts";
import type { SignedBlock } from "./prepare.ts";
import { languageAt, wrapperOf } from "./wrapper.ts";

export interface SignedPage {
  /** The page as it was, but for what stands around its blocks. */
  html: string;
  blocks: (SignedBlock & { file: string; line: number })[];
  problems: SiteProblem[];
}

export interface PageSigner {
  scriptUrl: string | undefined;
  /** A block stands on the page that was signed otherwise. */
  use: (block: string) => void;
  /** Signs code by a mark. Throws `CliError`. */
  sign: (wanted: {
    words: readonly string[];
    language: string | undefined;
    source: string;
  }) => SignedBlock;
}

/** Signs the marked blocks of a page. */
export function signPage(html: string, file: string, signer: PageSigner): SignedPage {
  const unchanged: SignedPage = { html, blocks: [], problems: [] };
  if (!mayHoldMarks(html)) return unchanged;
  const document = parse(html, { sourceCodeLocationInfo: true });
  const { blocks: marked, strays } = findMarkedBlocks(document);
  const problems: SiteProblem[] = strays.map((stray) => ({ file, hint: MARK_HINT, ...stray }));
  const language = pageLanguage(document);
  const edits: TextEdit[] = [];
  const blocks: SignedPage["blocks"] = [];
  /** Where the last block ends. */
  let end = html.length;
  for (const one of marked) {
    const own = blockSignedByHand(one);
    if (own !== undefined) {
      signer.use(own);
      continue;
    }
    try {
      const notes = checkRawMarkup(one.code);
      if (one.runner === one.code && !/\S/.test(textOf(pageElement(one.code)))) {
        throw new UsageError(describeDifference(pageElement(one.code)));
      }
      const signed = signer.sign({
        words: one.words(),
        language: languageAt(one.code),
        source: chooseCode(pageElement(holderOf(one.code))),
      });
      // The `pre` of an output would end the paragraph, and the element with it.
      const shown = closest(one.code, "p") ? { ...signed, output: undefined } : signed;
      if (shown.output !== signed.output) {
        notes.push("its recorded output is left out: a paragraph can't hold it, so use a pre");
      }
      const around = one.runner ?? wrapperOf(one.code);
      edits.push(
        ...(one.runner ? editRunner(one.runner, shown, language) : wrap(around, shown, language)),
      );
      end = around.sourceCodeLocation?.endOffset ?? end;
      blocks.push({ ...signed, notes: [...signed.notes, ...notes], file, line: one.line });
    } catch (error) {
      problems.push({ file, line: one.line, ...describe(error) });
    }
  }
  if (problems.length > 0) return { ...unchanged, blocks, problems };
  if (blocks.length > 0 && signer.scriptUrl !== undefined && !hasScript(document)) {
    edits.push({ start: end, end, text: scriptTag(signer.scriptUrl) });
  }
  const changed = applyEdits(html, edits);
  return { html: changed, blocks, problems: checkPage(changed, blocks) };
}

const MARK_HINT = "put data-deferred on the pre of the code, or the comment right above it";

/** An element with a token and no mark was signed with `deferred sign`, or by a plug-in that knew the code. */
function blockSignedByHand({ runner, isMarked }: MarkedBlock): string | undefined {
  return isMarked || !runner ? undefined : attribute(runner, "block");
}

function wrap(around: Element, signed: SignedBlock, language: string): TextEdit[] {
  const place = around.sourceCodeLocation;
  if (!place?.endTag) {
    throw new UsageError(`<${around.tagName}> has no end in the page: write </${around.tagName}>`);
  }
  const { open } = openTag({ block: signed.block, ...signed.sent });
  const output = signed.output ? recordedHtml(signed.output, language) : "";
  const { startOffset: start, endOffset: end } = place;
  return [
    { start, end: start, text: endsParagraph(around, start) ? `</p>${open}` : open },
    { start: end, end, text: `${output}</deferred-runner>` },
  ];
}

/**
 * Whether a `<p>` without an end tag stands before the code. A `pre` closes it, `<deferred-runner>` does not, so its
 * end tag has to be written.
 */
function endsParagraph(around: Element, start: number): boolean {
  const siblings = around.parentNode?.childNodes ?? [];
  const before = siblings[siblings.indexOf(around) - 1];
  if (!before || !("tagName" in before) || before.tagName !== "p") return false;
  const place = before.sourceCodeLocation;
  return place !== null && place !== undefined && !place.endTag && place.endOffset === start;
}

/** Updates the attributes and the recorded output of an element that the page has already. */
function editRunner(runner: Element, signed: SignedBlock, language: string): TextEdit[] {
  const { attributes } = openTag({ block: signed.block, ...signed.sent });
  const edits = Object.entries(attributes).flatMap(([name, value]) =>
    setAttribute(runner, name, value),
  );
  for (const name of ["files", "setup"]) {
    if (!(name in attributes)) edits.push(...removeAttribute(runner, name));
  }
  // The mark tells a later `sign site` that it made this block, so that it signs changed code anew.
  if (attribute(runner, "block") === undefined)
    edits.push(...setAttribute(runner, "data-deferred", attribute(runner, "data-deferred") ?? ""));
  return [...edits, ...editOutput(runner, signed, language)];
}

function editOutput(runner: Element, { output }: SignedBlock, language: string): TextEdit[] {
  const outputs = findElements(runner, "output");
  const own = outputs.find((one) => attribute(one, RECORDED_ATTRIBUTE) !== undefined);
  const text = output ? recordedHtml(output, language) : "";
  const place = own?.sourceCodeLocation;
  if (place) return [{ start: place.startOffset, end: place.endOffset, text }];
  if (outputs.length > 0 || !output) return [];
  const whole = runner.sourceCodeLocation;
  const at = whole?.endTag?.startOffset ?? whole?.endOffset;
  return at === undefined ? [] : [{ start: at, end: at, text }];
}

/** Reads the page as the element will, so that no block is published that it can't run. */
function checkPage(html: string, signed: SignedPage["blocks"]): SiteProblem[] {
  if (signed.length === 0) return [];
  const document = parse(html, { sourceCodeLocationInfo: true });
  const found = new Map(findBlocksIn(document, undefined).map((block) => [block.block, block]));
  const around = new Set(
    findElements(document, "deferred-runner")
      .filter((one) => /\S/.test(textOf(pageElement(one))))
      .map((one) => attribute(one, "block")),
  );
  return signed.flatMap(({ block, code, file, line }) => {
    const there = found.get(block);
    if (there && around.has(block) && sourceDigest(there.code) === codeDigest(code)) return [];
    const message = there?.differs
      ? `the page changes the code: ${there.differs}`
      : "the element would not stand around the code: the page's HTML is broken here";
    return [{ file, line, message, hint: "look at the HTML around this line in the built page" }];
  });
}

function describe(error: unknown): Pick<SiteProblem, "message" | "hint"> {
  if (error instanceof CliError) return { message: error.message, hint: error.hint };
  if (error instanceof CanonicalCodeError) {
    return {
      message: `${error.found} may not be in a block (line ${error.line} of the code)`,
      hint: "remove the character",
    };
  }
  throw error;
}

function hasScript(document: DefaultTreeAdapterTypes.Document): boolean {
  return findElements(document, "script").some((one) => isWidget(attribute(one, "src")));
}

function pageLanguage(document: DefaultTreeAdapterTypes.Document): string {
  const [html] = findElements(document, "html");
  return (html && attribute(html, "lang")) || "en";
}
