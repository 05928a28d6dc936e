import { html } from "hono/html";
import { embedMarkdown, embedTag, scriptTag, type EmbedTag } from "../../blocks/embed-tag.ts";
import { copyable } from "./copyable.ts";
import { GENERATORS } from "./generators.ts";
import type { Tab } from "./tab-list.ts";

/** For each generator, what its author pastes for the block. */
export function generatorTabs(block: EmbedTag): Tab[] {
  const { scriptUrl } = block;
  const forms = { tag: embedTag(block), markdown: embedMarkdown(block) };
  const script = `\n${scriptTag(scriptUrl)}\n`;
  return GENERATORS.map(({ id, name, place, paste, setting, scriptInSetting, note }) => ({
    id: `in-${id}`,
    name,
    panel: html`<section class="generator" id="in-${id}">
      <h4>${name}</h4>
      <p>Paste this into ${place}. ${note ?? ""}</p>
      ${copyable(
        `in-${id}`,
        scriptInSetting ? forms[paste].replace(script, "") : forms[paste],
        `Copy the block for ${name}`,
      )}
      ${
        setting
          ? html`<p>Set this once in <code>${setting.file}</code>. ${setting.reason}</p>
              ${copyable(`set-${id}`, setting.text(scriptUrl), `Copy the setting for ${name}`)}`
          : ""
      }
    </section>`,
  }));
}
