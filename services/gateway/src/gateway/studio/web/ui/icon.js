// Line icons of our own, drawn in the text's colour.
import { html } from "../core/view.js";

const PATHS = /** @type {const} */ ({
  add: "M12 5v14M5 12h14",
  arrow: "M5 12h14M13 6l6 6-6 6",
  bell: "M6 10a6 6 0 1 1 12 0c0 5 2 6 2 7H4c0-1 2-2 2-7M10 20a2 2 0 0 0 4 0",
  chart: "M4 20h16M7 20v-8M12 20V5M17 20v-11",
  check: "M5 12.5l4.500 4.500L19 7.500",
  chevron: "M6 9l6 6 6-6",
  clips: "M4 6h16v12H4zM8 6v12M16 6v12M4 10h4M4 14h4M16 10h4M16 14h4",
  clock: "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18M12 7.500V12l3 2",
  close: "M6 6l12 12M18 6L6 18",
  credits: "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18M9 9.500h6M9 13h6M12 7v10",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  film: "M4 5h16v14H4zM4 9h16M9 5l-2 4M15 5l-2 4",
  folder: "M3 7a1 1 0 0 1 1-1h5l2 2h9a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1z",
  globe: "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18M3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.500 9.500h.01",
  info: "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18M12 11v5M12 8h.01",
  key: "M14 7a4 4 0 1 1-3.500 6L4 19.500V21h3v-2h2v-2h2l1.500-1.500",
  list: "M9 6h11M9 12h11M9 18h11M4.500 6h.01M4.500 12h.01M4.500 18h.01",
  menu: "M4 7h16M4 12h16M4 17h16",
  more: "M5.500 12h.01M12 12h.01M18.500 12h.01",
  play: "M8 5.500v13l11-6.500z",
  redo: "M19 12a7 7 0 1 1-2-5l2 2M19 4v5h-5",
  search: "M11 5a6 6 0 1 0 0 12a6 6 0 0 0 0-12M20 20l-4.500-4.500",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.500a2.500 2.500 0 1 1 0 5a2.500 2.500 0 0 1 0-5M9 14.500a2.500 2.500 0 1 1 0 5a2.500 2.500 0 0 1 0-5",
  shield: "M12 3l8 3v6c0 4.500-3.500 8-8 9-4.500-1-8-4.500-8-9V6z",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
  upload: "M12 16V5M7 9l5-5 5 5M5 20h14",
  user: "M12 4a4 4 0 1 0 0 8a4 4 0 0 0 0-8M4.500 20c1-4 4-5.500 7.500-5.500s6.500 1.500 7.500 5.500",
  video: "M3 6h12v12H3zM15 10.500l6-3.500v10l-6-3.500z",
  volume: "M4 9.500v5h3.500l4.500 4v-13l-4.500 4zM16 9a4 4 0 0 1 0 6M18.500 6.500a8 8 0 0 1 0 11",
  warning: "M12 4l9 16H3zM12 10v4.500M12 17.500h.01",
});

/**
 * A picture beside words; it says nothing by itself.
 * @param {{name: keyof typeof PATHS | string, size?: number}} given
 */
export function Icon({ name, size = 20 }) {
  const path = PATHS[/** @type {keyof typeof PATHS} */ (name)] ?? PATHS.info;
  const mirrored = name === "arrow" ? "icon icon-mirrored" : "icon";
  return html`<svg class=${mirrored} width=${size} height=${size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d=${path} />
  </svg>`;
}
