import type { Runtime } from "./runtime.ts";

/** The waiting shell executes the script in its own process: a second bash costs 2 ms. */
export const bash: Runtime = {
  name: "bash",
  file: "main.sh",
  places: ["/usr/bin/bash"],
  version: { args: ["--version"], pattern: /version (\d+\.\d+\.\d+)/ },
  waiter: {
    file: "wait.sh",
    text: `
printf r >&3
IFS= read -r -d '' inputs <&3
printf %s "$inputs" >inputs.json
while IFS= read -r -d '' pair <&3 && [[ -n $pair ]]; do export "$pair"; done
cat <&3 >main.sh
exec "$BASH" main.sh 3>&-
`,
  },
  args: (waiterFolder) => ["--noprofile", "--norc", `${waiterFolder}/wait.sh`],
  env: () => ({}),
};
