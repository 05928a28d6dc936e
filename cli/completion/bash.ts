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
      `      projects="${taking(["project"])}" known="${place.argument ?? ""}"`,
      `      groups="${place.next.map(({ word }) => word).join("|")}"`,
      "      ;;",
    ].join("\n");
  });
  return `# bash completion for deferred: eval "$(deferred completion bash)"
_deferred_place() {
  words="" files="" folders="" texts="" projects="" known="" groups=""
  case "$1" in
${cases.join("\n")}
  esac
}

_deferred_known() {
  command deferred completion "$1" 2>/dev/null | cut -f 1
}

_deferred() {
  local words files folders texts projects known groups place="" word index
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
  elif [[ -n $projects && "|$projects|" == *"|$previous|"* ]]; then
    COMPREPLY=($(compgen -W "$(_deferred_known projects)" -- "$current"))
  elif [[ -n $known && $current != -* ]]; then
    COMPREPLY=($(compgen -W "$(_deferred_known "$known")" -- "$current"))
  elif [[ -z $groups && $current != -* ]]; then
    compopt -o default
  else
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}
complete -F _deferred deferred
`;
}
