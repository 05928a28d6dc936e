import type { Waiter } from "./runtime.ts";

/** Characters of a program that the shell reads itself: starting `cat` takes as long as a short program. */
const WITHOUT_CAT = 16_384;

/** A waiter for any language: a shell waits, and then starts the program by the command of the runtime's facts. */
export function shellWaiter(name: string, file: string, start: string): Waiter {
  const waiter = `wait-${name}.sh`;
  return {
    waiter: {
      file: waiter,
      text: `
printf r >&3
while IFS= read -r pair <&3 && [[ -n $pair ]]; do
  path=\${pair#* }
  [[ $path == */* ]] && mkdir -p "\${path%/*}"
  head -c "\${pair%% *}" <&3 >"$path"
  unset path
done
IFS= read -r -d '' inputs <&3
printf %s "$inputs" >inputs.json
while IFS= read -r -d '' pair <&3 && [[ -n $pair ]]; do
  case $pair in
  arg=*) set -- "$@" "\${pair#arg=}" ;;
  file=*)
    pair=\${pair#file=}; path=\${pair%%:*}
    [[ $path == */* ]] && mkdir -p "\${path%/*}"
    printf %s "\${pair#*:}" | base64 -d >"$path"
    unset path ;;
  stdin=*) printf %s "\${pair#stdin=}" >stdin; exec <stdin; rm stdin ;;
  *) export "$pair" ;;
  esac
done
IFS= read -r -N ${WITHOUT_CAT} code <&3 && long=1
printf %s "$code" >${file}
[[ $long ]] && cat <&3 >>${file}
exec 3>&-
${start}
`,
    },
    command: (interpreter, folder) => [
      ...["/usr/bin/bash", "--noprofile", "--norc"],
      ...[`${folder}/${waiter}`, interpreter],
    ],
  };
}
