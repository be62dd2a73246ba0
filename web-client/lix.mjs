/**
 * web-client/lix.mjs: how hard a text reads, by Björnsson's LIX (FACE.md, Words): words a sentence plus the share of words
 * of 7 letters or more. A sentence ends with a full stop, a question mark, a colon or a line.
 */
export function lix(text) {
  const sentences = text.split(/[.?!:\n]+/).filter((part) => /\p{L}/u.test(part)).length;
  const words = text.match(/[\p{L}\d][\p{L}\d'-]*/gu) ?? [];
  const long = words.filter((word) => word.length >= 7).length;
  return words.length === 0 ? 0 : words.length / Math.max(1, sentences) + (100 * long) / words.length;
}

/** Labels that lie on every screen: single words, of which LIX says nothing. */
const PARTS = ["bar", "exit", "page", "when", "topic"];

/** [screen, LIX] for each screen: the part of a key before its first dot. */
export function lixByScreen(texts) {
  const screens = new Map();
  for (const [key, text] of Object.entries(texts)) {
    const screen = key.split(".")[0];
    if (!PARTS.includes(screen)) screens.set(screen, `${screens.get(screen) ?? ""}\n${text}`);
  }
  return [...screens].map(([screen, text]) => [screen, lix(text)]);
}
