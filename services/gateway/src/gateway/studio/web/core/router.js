// Which page an address means. Pages are loaded when they are first gone to.
import { room } from "./i18n.js";
import { signal } from "./view.js";

export const BASE = "/studio";

/**
 * @typedef {object} Route
 * @property {string} path below /studio, `:name` for parts that vary
 * @property {() => Promise<any>} load a module whose `default` draws the page, given `{params, query}`
 * @property {string} title the key of its words
 * @property {boolean} [open] whether it is for people who are not signed in
 *
 * @typedef {{path: string, label: string, icon: string, group?: "make" | "yours" | "admin", admin?: boolean}} Entry in the navigation
 * @typedef {{name: string, routes: Route[], nav?: Entry[]}} Room
 *
 * @typedef {object} Place
 * @property {Route} route
 * @property {any} page
 * @property {Record<string, string>} params
 * @property {URLSearchParams} query
 * @property {string} path
 */

/** @type {{room: Room, route: Route, pattern: RegExp}[]} */
let table = [];

/** Where we are; null while the first page is on its way. @type {import("@preact/signals").Signal<Place | null>} */
export const place = signal(/** @type {Place | null} */ (null));

/** The address as it is asked for, before its page is there. */
export const path = signal(here());

/** What kept a page from being loaded. @type {import("@preact/signals").Signal<Error | null>} */
export const broken = signal(/** @type {Error | null} */ (null));

/** @param {Room[]} rooms */
export function routes(rooms) {
  table = rooms.flatMap((room) =>
    room.routes.map((route) => ({ room, route, pattern: patternOf(route.path) })),
  );
  // A jump within the page is told as a going back, too.
  addEventListener("popstate", () => here() + location.search !== shown && void arrive());
  addEventListener("click", follow);
}

/** @param {string} path */
function patternOf(path) {
  return new RegExp(`^${path.replace(/:(\w+)/g, "(?<$1>[^/]+)")}/?$`);
}

function here() {
  return location.pathname.replace(/^\/studio/, "") || "/";
}

/**
 * Go to a page of the studio.
 * @param {string} to its path below /studio, with a query if need be
 * @param {{replace?: boolean}} [how]
 */
export function go(to, how = {}) {
  const url = BASE + to;
  if (how.replace) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
  return arrive();
}

/** The address of a page, for links. @param {string} to */
export const href = (to) => BASE + to;

let latest = 0;
let shown = "";

/** Load the page that the address means, and show it unless another was asked for meanwhile. */
export async function arrive() {
  const mine = ++latest;
  path.value = here();
  shown = path.value + location.search;
  const found = table.find((row) => row.pattern.test(path.value)) ?? table.find((row) => row.route.path === "/lost");
  if (!found) return;
  try {
    const [module] = await Promise.all([found.route.load(), room(found.room.name)]);
    if (mine !== latest) return;
    const match = found.pattern.exec(path.value);
    const params = Object.fromEntries(
      Object.entries(match?.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
    );
    broken.value = null;
    place.value = {
      route: found.route,
      page: module.default,
      params,
      query: new URLSearchParams(location.search),
      path: path.value,
    };
    scrollTo(0, 0);
  } catch (error) {
    if (mine === latest) broken.value = /** @type {Error} */ (error);
  }
}

/** Links within the studio do not load the page anew. @param {MouseEvent} event */
function follow(event) {
  const link = /** @type {Element} */ (event.target).closest?.("a");
  if (!link || event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
  if (!link.pathname.startsWith(`${BASE}/`) || (link.hash && link.pathname === location.pathname)) return;
  event.preventDefault();
  void go(link.pathname.slice(BASE.length) + link.search);
}
