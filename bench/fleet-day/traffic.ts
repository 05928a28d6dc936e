/** A requested run. */
export interface Asked {
  atMs: number;
  /** How long its program runs. */
  forMs: number;
}

export interface Traffic {
  name: string;
  /** Description for the table. */
  says: string;
  asked: Asked[];
}

export type Random = () => number;

const HOUR_MS = 3_600_000;

/** An exponentially distributed time with the mean `ms`. */
export function exponential(random: Random, ms: number): number {
  return -ms * Math.log(1 - random());
}

export function days(random: Random): Traffic[] {
  return [
    { name: "quiet blog", says: "8 readers a day press 1 to 3 blocks", asked: quietBlog(random) },
    { name: "front page", says: "3,000 presses within two hours", asked: frontPage(random) },
    {
      name: "steady CI",
      says: "10 pushes an hour from 9 to 18, 3 minutes each",
      asked: steadyCi(random),
    },
  ].map((traffic) => ({ ...traffic, asked: traffic.asked.toSorted((a, b) => a.atMs - b.atMs) }));
}

function quietBlog(random: Random): Asked[] {
  return Array.from({ length: 8 }, () => {
    const arrives = (7 + 16 * random()) * HOUR_MS;
    return Array.from({ length: 1 + Math.floor(3 * random()) }, (_, press) => ({
      atMs: arrives + press * (20_000 + exponential(random, 60_000)),
      forMs: exponential(random, 2000),
    }));
  }).flat();
}

/** Rises within minutes, then falls over two hours. */
function frontPage(random: Random): Asked[] {
  return Array.from({ length: 3000 }, () => {
    const within = Math.min(
      2 * HOUR_MS,
      exponential(random, 15 * 60_000) + exponential(random, 15 * 60_000),
    );
    return { atMs: 14 * HOUR_MS + within, forMs: exponential(random, 2000) };
  });
}

function steadyCi(random: Random): Asked[] {
  const asked: Asked[] = [];
  const next = () => exponential(random, HOUR_MS / 10);
  for (let atMs = 9 * HOUR_MS + next(); atMs < 18 * HOUR_MS; atMs += next()) {
    asked.push({ atMs, forMs: 60_000 + exponential(random, 120_000) });
  }
  return asked;
}
