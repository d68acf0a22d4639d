// Moments of a video, as people write them.
import { language } from "../../core/i18n.js";

const PARTS = /^(?:(\d+):)?(?:(\d{1,2}):)?(\d+(?:[.,]\d+)?)$/;
const DIGITS = /[\u06f0-\u06f9\u0966-\u096f]/g;

/**
 * Seconds of "75", "1:15" or "0:01:15.5"; null for anything else. Persian and Hindi digits count as well.
 * @param {string} text
 * @returns {number | null}
 */
export function parsed(text) {
  const plain = text.trim().replace(DIGITS, (digit) => String(digit.charCodeAt(0) - (digit < "\u0970" && digit > "\u0900" ? 0x966 : 0x6f0)));
  const found = PARTS.exec(plain);
  if (!found) return null;
  const seconds = Number(found[3].replace(",", "."));
  if (found[1] !== undefined && seconds >= 60) return null;
  const before = [found[1], found[2]].filter((part) => part !== undefined).map(Number);
  if (before.length === 2 && before[1] >= 60) return null;
  return before.reduce((sum, part) => sum * 60 + part, 0) * 60 + seconds;
}

/** As a field shows it, to the tenth of a second. @param {number} seconds */
export function written(seconds) {
  const tenths = Math.max(0, Math.round(seconds * 10));
  const whole = Math.floor(tenths / 10);
  const rest = tenths % 10 ? `.${tenths % 10}` : "";
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}${rest}`;
}

/** For reading, in the reader's digits. @param {number} seconds */
export function read(seconds) {
  const digits = new Intl.NumberFormat(language.value, { useGrouping: false });
  return written(seconds).replace(/\d/g, (digit) => digits.format(Number(digit)));
}
