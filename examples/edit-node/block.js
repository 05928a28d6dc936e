const words = "the quick brown fox jumps over the lazy dog";

const longest = words.split(" ").toSorted((a, b) => b.length - a.length)[0];
console.log(`The longest word is "${longest}".`);
