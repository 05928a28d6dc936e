import type { Place } from "./words.ts";

/** A function for bash's own `complete`; bash-completion is not needed. */
export function bashScript(places: Place[]): string {
  const cases = places.map((place) => {
    const words = [
      ...place.next.map(({ word }) => word),
      ...place.options.flatMap(({ names }) => names),
    ];
    const taking = (kinds: string[]) =>
      place.options
        .filter(({ value }) => value !== undefined && kinds.includes(value))
        .flatMap(({ names }) => names)
        .join("|");
    return [
      `    "${place.words.join(" ")}")`,
      `      words="${words.join(" ")}"`,
      `      files="${taking(["file"])}" folders="${taking(["folder"])}" texts="${taking(["text"])}"`,
      `      groups="${place.next.map(({ word }) => word).join("|")}"`,
      "      ;;",
    ].join("\n");
  });
  return `# bash completion for deferred: eval "$(deferred completion bash)"
_deferred_place() {
  words="" files="" folders="" texts="" groups=""
  case "$1" in
${cases.join("\n")}
  esac
}

_deferred() {
  local words files folders texts groups place="" word index
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  _deferred_place ""
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    # What follows is somebody else's command line.
    if [[ $word == -- ]]; then
      compopt -o default
      return
    fi
    if [[ -n $groups && "|$groups|" == *"|$word|"* ]]; then
      place="\${place:+$place }$word"
      _deferred_place "$place"
    fi
  done
  if [[ -n $files && "|$files|" == *"|$previous|"* ]]; then
    compopt -o default
  elif [[ -n $folders && "|$folders|" == *"|$previous|"* ]]; then
    compopt -o dirnames
  elif [[ -n $texts && "|$texts|" == *"|$previous|"* ]]; then
    :
  elif [[ -z $groups && $current != -* ]]; then
    compopt -o default
  else
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}
complete -F _deferred deferred
`;
}
