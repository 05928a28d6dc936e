import type { CompletedOption, Place } from "./words.ts";

/** A function for zsh's `compdef`. */
export function zshScript(places: Place[]): string {
  const cases = places.map((place) =>
    [
      `    "${place.words.join(" ")}")`,
      `      groups=(${place.next.map(({ word, summary }) => quoted(word, summary)).join(" ")})`,
      `      options=(${place.options.flatMap(described).join(" ")})`,
      `      files=(${namesWith(place, "file")}) folders=(${namesWith(place, "folder")}) texts=(${namesWith(place, "text")})`,
      `      projects=(${namesWith(place, "project")}) known=${place.argument ?? "''"}`,
      "      ;;",
    ].join("\n"),
  );
  return `#compdef deferred
# zsh completion for deferred: eval "$(deferred completion zsh)"
_deferred_place() {
  groups=() options=() files=() folders=() texts=() projects=() known=
  case "$1" in
${cases.join("\n")}
  esac
}

_deferred_known() {
  local -a found
  local line
  for line in "\${(@f)$(command deferred completion $1 2>/dev/null)}"; do
    [[ -n $line ]] && found+=("\${line%%$'\t'*}:\${line#*$'\t'}")
  done
  _describe $1 found
}

_deferred() {
  local -a groups options files folders texts projects
  local place="" word index known
  _deferred_place ""
  for ((index = 2; index < CURRENT; index++)); do
    word="\${words[index]}"
    # What follows is somebody else's command line.
    if [[ $word == -- ]]; then
      _default
      return
    fi
    if (( \${groups[(I)\${(b)word}:*]} )); then
      place="\${place:+$place }$word"
      _deferred_place "$place"
    fi
  done
  local previous="\${words[CURRENT-1]}"
  if (( \${files[(Ie)$previous]} )); then
    _files
  elif (( \${folders[(Ie)$previous]} )); then
    _files -/
  elif (( \${texts[(Ie)$previous]} )); then
    _message "value of $previous"
  elif (( \${projects[(Ie)$previous]} )); then
    _deferred_known projects
  elif [[ "\${words[CURRENT]}" == -* ]]; then
    _describe option options
  elif [[ -n $known ]]; then
    _deferred_known $known
  elif (( \${#groups} )); then
    _describe command groups
  else
    _files
  fi
}
compdef _deferred deferred
`;
}

function namesWith({ options }: Place, kind: CompletedOption["value"]): string {
  return options
    .filter(({ value }) => value === kind)
    .flatMap(({ names }) => names)
    .join(" ");
}

function described({ names, help }: CompletedOption): string[] {
  return names.map((name) => quoted(name, help));
}

/** `word:what it does` between single quotes, as _describe takes it. */
function quoted(word: string, help: string): string {
  return `'${word}:${help.replaceAll("'", "’").replaceAll(":", "\\\\:")}'`;
}
