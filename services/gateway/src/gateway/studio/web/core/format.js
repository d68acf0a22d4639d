// Numbers, times and money as the reader's language writes them.
import { language } from "./i18n.js";

/** @param {number} value @param {Intl.NumberFormatOptions} [options] */
export const number = (value, options) => new Intl.NumberFormat(language.value, options).format(value);

/** @param {number} part of one */
export const percent = (part) => number(part, { style: "percent", maximumFractionDigits: 0 });

/**
 * A decimal in a string and its currency; small amounts keep the digits that matter.
 * @param {string | number} amount
 * @param {string} currency
 */
export function money(amount, currency) {
  const value = Number(amount);
  const digits = value !== 0 && Math.abs(value) < 0.1 ? 4 : 2;
  return number(value, { style: "currency", currency, maximumFractionDigits: digits });
}

/** @param {number} count */
export function bytes(count) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(count, 1)) / 3));
  return number(count / 1000 ** step, {
    style: "unit",
    unit: units[step],
    unitDisplay: "short",
    maximumFractionDigits: step > 1 ? 1 : 0,
  });
}

/** Minutes and seconds, as players show them. @param {number} seconds */
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const two = { minimumIntegerDigits: 2, useGrouping: false };
  const hours = Math.floor(whole / 3600);
  const minutes = number(Math.floor((whole % 3600) / 60), hours ? two : {});
  return `${hours ? `${number(hours)}:` : ""}${minutes}:${number(whole % 60, two)}`;
}

/**
 * "12 seconds", "2 minutes"; short: "12 sec".
 * @param {number} seconds
 * @param {"long" | "short"} [unitDisplay]
 */
export function lasting(seconds, unitDisplay = "long") {
  const [value, unit] = seconds < 90 ? [seconds < 1 ? seconds : Math.round(seconds), "second"] : [Math.round(seconds / 60), "minute"];
  return number(value, { style: "unit", unit, unitDisplay, maximumFractionDigits: value < 1 ? 1 : 0 });
}

/** @param {string | Date} when */
export const date = (when) => new Intl.DateTimeFormat(language.value, { dateStyle: "medium" }).format(new Date(when));

/** @param {string | Date} when */
export const moment = (when) =>
  new Intl.DateTimeFormat(language.value, { dateStyle: "medium", timeStyle: "short" }).format(new Date(when));

/** "3 minutes ago". @param {string | Date} when */
export function ago(when) {
  const seconds = (new Date(when).getTime() - Date.now()) / 1000;
  /** @type {[Intl.RelativeTimeFormatUnit, number][]} */
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  if (Math.abs(seconds) > 30 * 86400) return date(when);
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return new Intl.RelativeTimeFormat(language.value, { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

/** The name of a language in the reader's own. @param {string} tag */
export const languageName = (tag) => new Intl.DisplayNames(language.value, { type: "language" }).of(tag) ?? tag;
