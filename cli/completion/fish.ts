import type { Known } from "./known.ts";
import type { Place, ValueKind } from "./words.ts";

const TAKING: Record<ValueKind, string> = {
  file: " -r",
  folder: " -r",
  text: " -x",
  project: ` -x -a ${known("projects")}`,
};

/** One `complete` line for each word and option. */
export function fishScript(places: Place[]): string {
  const lines = places.flatMap((place) => {
    const when = `-n '__deferred_at ${place.words.join(" ")}'`;
    return [
      ...place.next.map(
        ({ word, summary }) => `complete -c deferred -f ${when} -a ${word} -d ${quoted(summary)}`,
      ),
      ...(place.argument ? [`complete -c deferred -f ${when} -a ${known(place.argument)}`] : []),
      ...place.options.map(({ names, help, value }) => {
        const spelled = names.map((name) =>
          name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
        );
        const takes = value === undefined ? "" : TAKING[value];
        return `complete -c deferred ${when} ${spelled.join(" ")}${takes} -d ${quoted(help)}`;
      }),
    ];
  });
  const groups = places.filter(({ next }) => next.length > 0);
  return `# fish completion for deferred: deferred completion fish | source
function __deferred_next
    switch "$argv"
${groups
  .map(
    ({ words, next }) =>
      `        case ${quoted(words.join(" "))}\n            echo ${next.map(({ word }) => word).join(" ")}`,
  )
  .join("\n")}
    end
end
function __deferred_at
    set -l place
    for word in (commandline -opc)[2..-1]
        # What follows is somebody else's command line.
        test "$word" = --; and return 1
        contains -- $word (__deferred_next $place | string split ' '); and set -a place $word
    end
    test "$place" = "$argv"
end
${lines.join("\n")}
`;
}

function known(kind: Known): string {
  return `'(command deferred completion ${kind} 2>/dev/null)'`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
