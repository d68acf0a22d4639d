// Light or dark: as the system has it, unless somebody chose.
import { keep, recall } from "./store.js";
import { signal } from "./view.js";

/** @type {import("@preact/signals").Signal<"system" | "light" | "dark">} */
export const theme = signal(recall("theme") ?? "system");

/** @param {"system" | "light" | "dark"} wanted */
export function wear(wanted) {
  theme.value = wanted;
  keep("theme", wanted === "system" ? null : wanted);
  if (wanted === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = wanted;
}
