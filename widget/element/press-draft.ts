import type { LitElement, ReactiveController } from "lit";
import type { Inputs } from "../../protocol/claims.ts";
import { shownClaims } from "./claims.ts";
import { readInputs } from "./inputs-form.ts";
import { keptCopy } from "./kept-copy.ts";
import type { LastRun } from "./last-run.ts";
import { loadRunPart, type RunPart } from "./run-part.ts";

type Host = LitElement & { block: string };

/** The code and inputs that the next press sends, as the reader may have changed them. */
export class PressDraft implements ReactiveController {
  /** The reader's text; absent: the author's. */
  edited: string | undefined;
  /** Inputs of a resumed run, which replace the defaults. */
  inputs: Inputs = {};
  /** The reader changed something since the last press. */
  touched = false;
  /** Edit was pressed, and the run part, which reads the code, could not be loaded. */
  editFailed = false;
  readonly #host: Host;
  /** A copy from before translators and highlighters changed the element's content. */
  #original: Element | undefined;

  constructor(host: Host) {
    this.#host = host;
    host.addController(this);
  }

  hostUpdated(): void {
    this.#original ??= keptCopy(this.#host);
  }

  /** The author's code, as `block` signs it. */
  readCode({ readSource }: RunPart, block: string): string {
    return readSource(this.#host, block, this.#original);
  }

  /** The inputs as the form has them; absent: the block declares none. */
  readInputs(): Inputs | undefined | "invalid" {
    const form = this.#host.renderRoot.querySelector("form");
    const { inputs } = shownClaims(this.#host.block);
    if (!form || !inputs) return undefined;
    return form.reportValidity() ? readInputs(form, inputs) : "invalid";
  }

  /** Opens the editor with the author's code, or closes it and drops the reader's text. */
  async toggleEditor(): Promise<void> {
    if (this.edited !== undefined) {
      this.edited = undefined;
      return this.touch();
    }
    const { block } = this.#host;
    const part = await loadRunPart().catch(() => undefined);
    this.editFailed = !part;
    if (!part) return this.#host.requestUpdate();
    if (block !== this.#host.block) return;
    this.edited = this.readCode(part, block).replace(/^\n|\s+$/g, "");
    this.touch();
  }

  edit(text: string): void {
    this.edited = text;
    this.touch();
  }

  touch(): void {
    this.touched = true;
    this.#host.requestUpdate();
  }

  /** Shows the code and inputs of a run that a closed page left. */
  restore({ edited, request }: LastRun): void {
    if (edited) this.edited = request.code;
    this.inputs = request.inputs ?? {};
  }

  /** Another block has code and inputs of its own. */
  reset(): void {
    this.edited = undefined;
    this.inputs = {};
    this.touched = false;
    this.#original = undefined;
  }
}
