// The film studio: a script becomes a film of whole minutes.
import { room } from "../../core/i18n.js";
import { sheet } from "../../core/sheet.js";

const ready = () => Promise.all([sheet("film"), room("making")]);

/** @type {import("../../core/router.js").Room} */
export default {
  name: "film",
  nav: [{ path: "/film", label: "common.nav.film", icon: "film", group: "make" }],
  routes: [
    { path: "/film", load: () => ready().then(() => import("./list.js")), title: "film.list.title" },
    { path: "/film/new", load: () => ready().then(() => import("./new.js")), title: "film.new.title" },
    { path: "/film/:id", load: () => ready().then(() => import("./one.js")), title: "film.one.title" },
  ],
};
