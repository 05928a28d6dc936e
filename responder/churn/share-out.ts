/**
 * Shares a list among takers, in portions. Each taker has a stretch of its own, since neighbours are alike; a finished
 * taker steals half of the longest remaining stretch.
 */
export function shareOut<Of>(all: readonly Of[], takers: number, portion: number) {
  const stretches = Array.from({ length: takers }, (_, taker) => ({
    from: Math.round((taker * all.length) / takers),
    to: Math.round(((taker + 1) * all.length) / takers),
  }));
  return stretches.map((own) => (): readonly Of[] => {
    if (own.from === own.to) {
      const longest = stretches.reduce((a, b) => (b.to - b.from > a.to - a.from ? b : a));
      own.to = longest.to;
      own.from = longest.to - Math.ceil((longest.to - longest.from) / 2);
      longest.to = own.from;
    }
    const from = own.from;
    own.from = Math.min(own.to, from + portion);
    return all.slice(from, own.from);
  });
}
