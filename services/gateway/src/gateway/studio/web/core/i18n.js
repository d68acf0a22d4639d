// Words by language and room. A language is a folder of words and a row in words/languages.json.
import { recall, keep } from "./store.js";
import { signal } from "./view.js";

/** @typedef {{name: string, dir: "ltr" | "rtl"}} Tongue */

const WORDS = new URL("../words/", import.meta.url);

/** @type {Record<string, Tongue>} */
export let languages = { en: { name: "English", dir: "ltr" } };

/** The language of the page. */
export const language = signal("en");

/** @type {import("@preact/signals").Signal<Record<string, any>>} by room */
const words = signal({});

/** @type {Set<string>} */
const rooms = new Set(["common"]);

/** Choose the language: the one chosen before, else the browser's first that there is. */
export async function beginLanguage() {
  languages = await (await fetch(new URL("languages.json", WORDS))).json();
  const wanted = [recall("language")?.tag, ...navigator.languages.map((tag) => tag.split("-")[0])];
  await speak(wanted.find((tag) => tag && tag in languages) ?? "en");
}

/**
 * Change the language of the page at once.
 * @param {string} tag
 */
export async function speak(tag) {
  const found = await Promise.all([...rooms].map(async (room) => [room, await load(tag, room)]));
  const root = document.documentElement;
  root.lang = tag;
  root.dir = languages[tag].dir;
  words.value = Object.fromEntries(found);
  language.value = tag;
}

/**
 * Change the language and remember it.
 * @param {string} tag
 */
export async function choose(tag) {
  await speak(tag);
  keep("language", { tag, dir: languages[tag].dir });
}

/**
 * Have the words of a room at hand.
 * @param {string} room
 */
export async function room(room) {
  if (rooms.has(room) && room in words.value) return;
  const found = await load(language.value, room);
  rooms.add(room);
  words.value = { ...words.value, [room]: found };
}

/** @param {string} tag @param {string} room */
async function load(tag, room) {
  const answer = await fetch(new URL(`${tag}/${room}.json`, WORDS));
  return answer.ok ? answer.json() : {};
}

/**
 * The words for a key such as `videos.new.title`; `{name}` in them is replaced, `count` chooses the plural form.
 * A key without words is shown itself, so that it is noticed.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(key, values) {
  const found = look(key);
  if (found === undefined) return key;
  const text = typeof found === "string" ? found : plural(found, Number(values?.count ?? 0));
  if (!values) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? new Intl.NumberFormat(language.value).format(value) : value;
  });
}

/** Whether there are words for a key. @param {string} key */
export const says = (key) => look(key) !== undefined;

/** @param {string} key @returns {any} */
function look(key) {
  const [room, ...path] = key.split(".");
  let found = words.value[room];
  for (let at = 0; at < path.length && found !== undefined; at++) {
    // What is below may be one flat key with dots.
    const rest = path.slice(at).join(".");
    if (typeof found !== "object" || found === null) return undefined;
    if (rest in found) return found[rest];
    found = found[path[at]];
  }
  return undefined;
}

/** @param {Record<string, string>} forms @param {number} count */
function plural(forms, count) {
  return forms[new Intl.PluralRules(language.value).select(count)] ?? forms.other ?? "";
}
