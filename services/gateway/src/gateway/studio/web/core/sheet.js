// Sheets that only some pages need.

/** @type {Map<string, Promise<void>>} */
const asked = new Map();

/**
 * Have `css/<name>.css` in the page; call it in the route: `load: () => sheet("clips").then(() => import("./list.js"))`.
 * @param {string} name
 * @returns {Promise<void>} when it is there; a sheet that cannot be had keeps no page from being shown
 */
export function sheet(name) {
  const known = asked.get(name);
  if (known) return known;
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL(`../css/${name}.css`, import.meta.url).href;
  const there = new Promise((/** @type {(value: void) => void} */ done) => {
    link.onload = link.onerror = () => done();
  });
  asked.set(name, there);
  document.head.append(link);
  return there;
}
