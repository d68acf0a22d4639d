// Pixie: pictures made, changed, enlarged, and kept in projects.
import { room } from "../../core/i18n.js";
import { sheet } from "../../core/sheet.js";

const ready = () => Promise.all([sheet("pictures"), room("making")]);

/** @type {import("../../core/router.js").Room} */
export default {
  name: "pictures",
  nav: [{ path: "/pictures", label: "common.nav.pictures", icon: "image", group: "make" }],
  routes: [
    { path: "/pictures", load: () => ready().then(() => import("./gallery.js")), title: "pictures.gallery.title" },
    { path: "/pictures/edit", load: () => ready().then(() => import("./edit.js")), title: "pictures.edit.title" },
    { path: "/pictures/paint", load: () => ready().then(() => import("./paint.js")), title: "pictures.paint.title" },
    { path: "/pictures/compare", load: () => ready().then(() => import("./compare.js")), title: "pictures.compare.title" },
    { path: "/pictures/projects", load: () => ready().then(() => import("./projects.js")), title: "pictures.projects.title" },
    { path: "/pictures/projects/:id", load: () => ready().then(() => import("./project.js")), title: "pictures.projects.one" },
    { path: "/pictures/public/:id", load: () => ready().then(() => import("./open.js")), title: "pictures.open.title", open: true },
    { path: "/pictures/shared/:token", load: () => ready().then(() => import("./open.js")), title: "pictures.open.title", open: true },
    { path: "/pictures/:id", load: () => ready().then(() => import("./one.js")), title: "pictures.one.title" },
  ],
};
