// A clip's edit list as it is being changed: what is kept of the video, and which words are written otherwise. Pure.

/** @typedef {{start: number, end: number}} Kept */
/** @typedef {{text: string, start: number, end: number}} Word */
/** @typedef {{kept: Kept[], words: Record<number, string>}} Edit `words` by their number in the transcript; empty hides one */

/** Seconds that are kept beside a word, so that its sound is whole; never into another word. */
const BEFORE = 0.06;
const AFTER = 0.12;
const ROUND = 1000;

/** @param {number} seconds */
const exact = (seconds) => Math.round(seconds * ROUND) / ROUND;

/**
 * The stretch of the video in which words are said.
 * @param {Word[]} words @param {number} first @param {number} last
 * @returns {Kept}
 */
export function stretch(words, first, last) {
  const before = words[first - 1]?.end ?? 0;
  const after = words[last + 1]?.start ?? Infinity;
  const start = Math.max(words[first].start - BEFORE, Math.min(before, words[first].start));
  const end = Math.min(words[last].end + AFTER, Math.max(after, words[last].end));
  return { start: exact(Math.max(0, start)), end: exact(end) };
}

/** Whether a word is heard in the clip. @param {Kept[]} kept @param {Word} word */
export const isIn = (kept, word) => kept.some((part) => word.start + word.end >= 2 * part.start && word.start + word.end <= 2 * part.end);

/** @param {Kept[]} kept @param {Kept} part */
export function cut(kept, part) {
  return kept.flatMap((one) => [
    { start: one.start, end: Math.min(one.end, part.start) },
    { start: Math.max(one.start, part.end), end: one.end },
  ]).filter((one) => one.end - one.start >= 0.04);
}

/** @param {Kept[]} kept @param {Kept} part */
export function put(kept, part) {
  /** @type {Kept[]} */
  const joined = [];
  for (const one of [...kept, part].sort((left, right) => left.start - right.start)) {
    const last = joined.at(-1);
    if (last && one.start <= last.end) last.end = Math.max(last.end, one.end);
    else joined.push({ ...one });
  }
  return joined;
}

/** @param {Kept[]} kept */
export const lasts = (kept) => kept.reduce((sum, part) => sum + part.end - part.start, 0);

/** Where in the clip a moment of the video is. @param {Kept[]} kept @param {number} at */
export function inClip(kept, at) {
  let before = 0;
  for (const part of kept) {
    if (at < part.start) return before;
    if (at <= part.end) return before + at - part.start;
    before += part.end - part.start;
  }
  return before;
}

/** What an order says of an edit beside the version it began from. @param {Edit} edit @param {Edit} from */
export function asOrdered(edit, from) {
  const words = Object.entries(edit.words).filter(([number, text]) => from.words[Number(number)] !== text);
  return {
    ...(JSON.stringify(edit.kept) === JSON.stringify(from.kept) ? {} : { kept: edit.kept }),
    ...(words.length ? { words: words.map(([number, text]) => ({ number: Number(number), text })) } : {}),
  };
}
