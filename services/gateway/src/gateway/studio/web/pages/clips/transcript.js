// What is said, sentence by sentence: the first that is pressed begins the part, the second ends it.
import { t } from "../../core/i18n.js";
import { html, useRef, useState } from "../../core/view.js";
import { read } from "./times.js";

/** @typedef {{start: number, end: number, text: string}} Segment */

const LAST = /[.!?…。！？।؟]["'”’)]*$/;

/**
 * What is said, parted at the ends of sentences; by pauses where there are no signs for them.
 * @param {{words?: Segment[], segments?: Segment[]}} heard
 * @returns {Segment[]}
 */
export function sentences({ words = [], segments = [] }) {
  /** @type {Segment[]} */
  const found = [];
  /** @type {Segment | null} */
  let open = null;
  for (const word of words) {
    const text = word.text.trim();
    open = open ? { start: open.start, end: word.end, text: `${open.text} ${text}` } : { ...word, text };
    if (LAST.test(text)) {
      found.push(open);
      open = null;
    }
  }
  if (open) found.push(open);
  return found.length >= segments.length ? found : segments;
}

/**
 * @param {{segments: Segment[], start: number, end: number, onPick: (first: number, last: number) => void}} given
 */
export function Transcript({ segments, start, end, onPick }) {
  const [anchor, setAnchor] = useState(/** @type {number | null} */ (null));
  const list = useRef(/** @type {any} */ (null));
  const pick = (/** @type {number} */ at, /** @type {boolean} */ isMore) => {
    const from = anchor !== null || isMore ? (anchor ?? at) : at;
    const [first, last] = [Math.min(from, at), Math.max(from, at)];
    onPick(segments[first].start, segments[last].end);
    setAnchor(anchor === null ? at : null);
  };
  const move = (/** @type {KeyboardEvent} */ event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    const buttons = [...list.current.querySelectorAll("button")];
    const next = buttons[buttons.indexOf(/** @type {any} */ (document.activeElement)) + by];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  };
  const isIn = (/** @type {Segment} */ one) => one.start >= start - 0.06 && one.end <= end + 0.06;
  return html`<p class="faint" aria-live="polite">${t(anchor === null ? "clips.words.first" : "clips.words.last")}</p>
    <ol class="words" ref=${list} onKeyDown=${move}>
      ${segments.map((one, at) => html`<li key=${at}><button type="button" class="words-one" aria-pressed=${isIn(one)}
        onClick=${(/** @type {MouseEvent} */ event) => pick(at, event.shiftKey)}>
        <span class="faint number">${read(one.start)}</span><bdi>${one.text}</bdi></button></li>`)}
    </ol>`;
}
