import { html } from "hono/html";
import { pagePaths } from "../../../../protocol/paths.ts";
import type { RegisteredBlock } from "../../../projects/blocks/registered-block.ts";
import { textField } from "../../form/fields.ts";
import { UNTOUCHED, type FormState } from "../../form/mistakes.ts";
import { postButton, postForm } from "../../form/post-form.ts";
import type { Html } from "../../layout.ts";

export interface BlockActions {
  block: RegisteredBlock;
  /** Of the form that publishes. */
  state: FormState;
  /** Why readers can't run it: such a block can't be published. */
  refusal: object | undefined;
}

/** The maintainers' actions on a block. */
export function blockActions({ block, state, refusal }: BlockActions): Html {
  const { project, id, publishedAt, name } = block;
  const own = pagePaths.ownBlock(project, id);
  return html`<div class="actions">
      <a href="${pagePaths.sign(project)}?block=${id}">Sign it again</a>
      ${publishedAt === null ? "" : postButton(`${own}/unpublish`, "Take its public page away")}
      ${refusal ? "" : html`<a href="${pagePaths.revokeBlock(project, id)}">Revoke</a>`}
    </div>
    ${
      refusal || publishedAt !== null
        ? ""
        : html`<details class="publish" ${state === UNTOUCHED ? "" : html`open`}>
            <summary>Publish</summary>
            <p>
              Anybody can then see and run it at an address of its own, and on other sites by its
              script and its frame.
            </p>
            ${postForm(state, {
              action: `${own}/publish`,
              button: "Publish",
              fields: textField(state, {
                name: "as",
                label: "Name",
                help: "Optional. Its address then leads to the newest block that was published as it.",
                placeholder: "resume",
                value: name ?? "",
                size: 24,
                maxLength: 40,
                code: true,
              }),
            })}
          </details>`
    }`;
}

/** Asks before a block is revoked. */
export function revokePage(block: RegisteredBlock): Html {
  const { project, id, title } = block;
  return html`<h1 class="title">Revoke “${title}”?</h1>
    <p class="lead">
      Every page that holds this block stops running it, and its public page closes. The code stays
      on those pages. This can’t be undone: sign the code again to run it.
    </p>
    ${postForm(UNTOUCHED, {
      action: pagePaths.revokeBlock(project, id),
      button: "Revoke the block",
      danger: true,
      back: pagePaths.ownBlock(project, id),
      fields: "",
    })}`;
}
