// What survives a reload: choices of this browser, and drafts of whoever is signed in.
import { effect, signal } from "./view.js";

const PREFIX = "studio.";

/**
 * What is kept under a name, or null.
 * @param {string} name
 * @returns {any}
 */
export function recall(name) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name) ?? "null");
  } catch {
    return null;
  }
}

/**
 * Keep a value as JSON; null or undefined forgets it. A full or forbidden storage loses nothing but the keeping.
 * @param {string} name
 * @param {unknown} value
 */
export function keep(name, value) {
  try {
    if (value === null || value === undefined) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Private windows may refuse; the page works on without.
  }
}

/** @type {Map<string, import("@preact/signals").Signal<any>>} */
const drafts = new Map();
let owner = "";

/**
 * Drafts belong to an account: another one at the same browser sees none of them.
 * @param {string} id
 */
export function draftsOf(id) {
  if (id === owner) return;
  owner = id;
  drafts.clear();
}

/**
 * A signal whose value survives a reload. New fields of `initial` appear in drafts that were kept before.
 * @template T
 * @param {string} name
 * @param {T} initial
 * @returns {import("@preact/signals").Signal<T>}
 */
export function draft(name, initial) {
  const key = `draft.${owner}.${name}`;
  const known = drafts.get(key);
  if (known) return known;
  const found = recall(key);
  const isObject = initial !== null && typeof initial === "object" && !Array.isArray(initial);
  const value = signal(isObject ? { ...initial, ...found } : (found ?? initial));
  drafts.set(key, value);
  let first = true;
  effect(() => {
    const now = value.value;
    if (!first) keep(key, now === initial ? null : now);
    first = false;
  });
  return value;
}

/**
 * Forget a draft, because what it was for is done.
 * @param {string} name
 * @param {unknown} initial
 */
export function finish(name, initial) {
  draft(name, initial).value = initial;
}
