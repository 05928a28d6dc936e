const bars = "▁▂▃▄▅▆▇█";

function sparkline(numbers) {
  const low = Math.min(...numbers);
  const span = Math.max(...numbers) - low || 1;
  return numbers.map((n) => bars[Math.round(((n - low) / span) * 7)]).join("");
}

console.log(sparkline([3, 5, 9, 12, 10, 7, 4, 6, 11, 15, 14, 8]));
