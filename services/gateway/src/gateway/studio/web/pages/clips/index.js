// Reely: the clips worth posting out of a long video, and parts cut out by hand.
import { room } from "../../core/i18n.js";
import { sheet } from "../../core/sheet.js";

const ready = () => Promise.all([sheet("clips"), room("making")]);

/** @type {import("../../core/router.js").Room} */
export default {
  name: "clips",
  nav: [{ path: "/clips", label: "common.nav.clips", icon: "clips", group: "make" }],
  routes: [
    { path: "/clips", load: () => ready().then(() => import("./list.js")), title: "clips.list.title" },
    { path: "/clips/new", load: () => ready().then(() => import("./new.js")), title: "clips.new.title" },
    { path: "/clips/trim", load: () => ready().then(() => import("./trim.js")), title: "clips.trim.title" },
    { path: "/clips/:id", load: () => ready().then(() => import("./one.js")), title: "clips.one.title" },
    { path: "/clips/:id/edit/:number", load: () => ready().then(() => import("./edit.js")), title: "clips.edit.title" },
  ],
};
