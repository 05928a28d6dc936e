/** How each example of the start page ends: the element's state, its status line, and its output. */
export const exampleEndings: Record<string, { state: string; status: RegExp; output: RegExp }> = {
  "sunflower-python": { state: "succeeded", status: /^Ended with exit status 0/, output: /^$/ },
  "hello-ruby": {
    state: "succeeded",
    status: /^Ended with exit status 0/,
    output: /1 \+ 2 \+ … \+ 100 = 5050, at 20\d\d-/,
  },
  "picture-python": {
    state: "succeeded",
    status: /^Ended with exit status 0/,
    output: /400,000 points/,
  },
  "slow-bash": {
    state: "succeeded",
    status: /^Ended with exit status 0/,
    output: /^step 1 of 8[^]*step 8 of 8, [\d:]+ UTC\n$/,
  },
  "report-ruby": {
    state: "succeeded",
    status: /^Ended with exit status 0/,
    output: /Counted 10 words/,
  },
  "silent-python": { state: "succeeded", status: /^Ended with exit status 0/, output: /^$/ },
  "edit-node": {
    state: "succeeded",
    status: /^Ended with exit status 0/,
    output: /The longest word is "quick"/,
  },
  "failing-node": {
    state: "failed",
    status: /^Ended with exit status 3/,
    output: /"80a" is no port number/,
  },
  "endless-python": {
    state: "timed_out",
    status: /^Stopped after [5-9](\.\d+)? s/,
    output: /^1 sheep over the fence\n2 sheep over the fence\n/,
  },
  "tampered-ruby": {
    state: "refused",
    status: /^The code on this page is not the code its author signed/,
    output: /^$/,
  },
};
