// The sound of a clip as a picture, and where one is in it. It says nothing that words and player do not say.
import { html, useEffect, useRef, useState } from "../../core/view.js";

const BARS = 240;

/** The loudest of each part of a clip's sound, of one; null where this browser cannot hear it. @param {string} url @returns {Promise<number[] | null>} */
async function peaks(url) {
  const context = new OfflineAudioContext(1, 1, 8000);
  const found = await fetch(url).then((answer) => answer.arrayBuffer()).then((bytes) => context.decodeAudioData(bytes)).catch(() => null);
  if (!found) return null;
  const samples = found.getChannelData(0);
  const part = Math.max(1, Math.floor(samples.length / BARS));
  const bars = Array.from({ length: BARS }, (_, at) => samples.subarray(at * part, (at + 1) * part).reduce((most, one) => Math.max(most, Math.abs(one)), 0));
  const loudest = Math.max(...bars, 0.01);
  return bars.map((one) => one / loudest);
}

/**
 * @param {{url: string, now: number, from: number, until: number, onSeek: (part: number) => void}} given all in parts of the clip
 */
export function Wave({ url, now, from, until, onSeek }) {
  const [bars, setBars] = useState(/** @type {number[] | null} */ (null));
  const box = useRef(/** @type {any} */ (null));
  useEffect(() => {
    let isHere = true;
    void peaks(url).then((found) => isHere && setBars(found));
    return () => { isHere = false; };
  }, [url]);
  if (!bars) return null;
  const path = bars.map((one, at) => `M${at + 0.5} ${50 - Math.max(1, 46 * one)}V${50 + Math.max(1, 46 * one)}`).join("");
  return html`<div class="wave" dir="ltr" aria-hidden="true" ref=${box} onPointerDown=${(/** @type {PointerEvent} */ event) => {
    const { left, width } = box.current.getBoundingClientRect();
    onSeek(Math.max(0, Math.min(1, (event.clientX - left) / width)));
  }}>
    <svg viewBox="0 0 ${BARS} 100" preserveAspectRatio="none" focusable="false">
      ${until > from && html`<rect class="wave-part" x=${from * BARS} y="0" width=${(until - from) * BARS} height="100" />`}
      <path d=${path} /><rect class="wave-now" x=${now * BARS} y="0" width="1" height="100" /></svg>
  </div>`;
}
