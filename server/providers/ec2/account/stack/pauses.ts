export type Sleep = (ms: number) => Promise<void>;

/** Milliseconds between looks at something that takes seconds or minutes, for as long as anybody asks. */
export function* pauses(): Generator<number, never> {
  for (let pause = 100; ; pause = Math.min(pause * 2, 4000)) yield pause;
}
