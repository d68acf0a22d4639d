// The order of a video as it is written down until it is placed, and what is asked of the API about it.
import { get, post } from "../../core/api.js";
import { draft } from "../../core/store.js";
import { useEffect, useState } from "../../core/view.js";

export const LANGUAGES = ["en", "hi", "es", "fr", "de", "ja", "ko", "zh"];
export const VOICES = ["female", "male", "neutral"];
export const PLATFORMS = ["instagram", "tiktok", "youtube"];

/**
 * @typedef {{id: string, name: string, findings: {code: string, blocking: boolean, advice: string}[], note?: string}} Brought
 * @typedef {Brought & {whole?: Brought}} Photo `whole`: what it was cut out of
 *
 * @typedef {object} Order
 * @property {Photo | null} photo
 * @property {string} script
 * @property {string} language
 * @property {string} voice
 * @property {string[]} platforms
 * @property {string} captions
 * @property {string} whenTooLong
 * @property {string} quality
 * @property {string} title
 * @property {boolean} asks whether the improved photo is to be shown before it goes on
 * @property {string | null} key of the order once it was sent, so that it is placed once
 */

/** @type {Order} */
export const EMPTY = {
  photo: null,
  script: "",
  language: "en",
  voice: "female",
  platforms: ["instagram", "tiktok", "youtube"],
  captions: "files",
  whenTooLong: "split",
  quality: "balanced",
  title: "",
  asks: false,
  key: null,
};

export const order = () => draft("video", EMPTY);

/** What decides about price and length. @param {Order} of */
export const reckoned = (of) => ({
  script: of.script,
  script_language: of.language,
  target_platforms: of.platforms,
  quality_preference: of.quality,
  when_too_long: of.whenTooLong,
  captions: of.captions,
});

/** @param {Order} of @param {number | null} credits @param {string | null} quote */
export const placed = (of, credits, quote) => ({
  ...reckoned(of),
  input_file_id: of.photo?.id,
  voice: of.voice,
  ...(of.title.trim() ? { title: of.title.trim() } : {}),
  ...(of.asks ? { approvals: { after_enhance: {} } } : {}),
  ...(credits === null ? {} : { max_credits: credits }),
  ...(quote ? { quote_id: quote } : {}),
});

/**
 * What the order is expected to take, asked while it is typed, once the typing pauses.
 * @param {Order} of
 * @returns {{estimate: any, quote: any, error: any, busy: boolean}}
 */
export function useReckoning(of) {
  const [state, setState] = useState({ estimate: /** @type {any} */ (null), quote: /** @type {any} */ (null), error: /** @type {any} */ (null), busy: false });
  const asked = JSON.stringify(reckoned(of));
  useEffect(() => {
    if (!of.script.trim() || of.platforms.length === 0) {
      setState({ estimate: null, quote: null, error: null, busy: false });
      return undefined;
    }
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      setState((before) => ({ ...before, busy: true }));
      try {
        const estimate = await post("/workflows/estimate", reckoned(of), { signal: stop.signal });
        const seconds = Math.max(1, Math.ceil(estimate.video_seconds));
        const quote = await post("/billing/quotes", { kind: "talking_photo", seconds }, { signal: stop.signal });
        setState({ estimate, quote, error: null, busy: false });
      } catch (error) {
        if (!stop.signal.aborted) setState({ estimate: null, quote: null, error, busy: false });
      }
    }, 700);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [asked]);
  return state;
}

/** What each platform takes, by name; a platform that cannot be asked about is left out. */
export async function requirements() {
  const found = await Promise.all(PLATFORMS.map((one) => get(`/export/requirements/${one}`).catch(() => null)));
  return Object.fromEntries(PLATFORMS.map((one, at) => [one, found[at]]));
}
