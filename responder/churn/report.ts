import { readChurn, type Churn } from "./churn.ts";
import type { GitRun } from "./git.ts";
import { asHtml } from "./html.ts";
import { asText } from "./text.ts";

/** How often files and functions changed, in three forms. */
export async function churnReport(
  run: Pick<GitRun, "folder" | "signal">,
): Promise<{ text: string; html: string; json: string }> {
  const churn = await readChurn(run);
  return { text: asText(churn), html: asHtml(churn), json: asJson(churn) };
}

function asJson({ since, until, isCut, files, functions, ...rest }: Churn): string {
  const counts = <Of extends { last: number }>({ last, ...facts }: Of) => ({
    ...facts,
    last_changed: last === 0 ? null : new Date(last * 1000).toISOString(),
  });
  const content = {
    ...rest,
    since: new Date(since * 1000).toISOString(),
    until: new Date(until * 1000).toISOString(),
    history_is_cut: isCut,
    files: files.map(counts),
    functions: functions?.map(counts) ?? null,
  };
  return `${JSON.stringify(content, undefined, 1)}\n`;
}
