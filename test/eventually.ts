/** What is about to happen is seen at once; whoever waits for longer leaves the machine to others. */
const SOON_MS = 10;
const LATER_MS = 50;
const SOON_TIMES = 20;

/** Asks again until there is an answer; whoever waits has the time limit. */
export async function eventually<Value>(ask: () => Promise<Value | undefined>): Promise<Value> {
  for (let asked = 0; ; asked++) {
    const value = await ask();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, asked < SOON_TIMES ? SOON_MS : LATER_MS));
  }
}
