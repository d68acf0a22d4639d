import { sheet } from "../../core/sheet.js";

const looks = () => sheet("library");

/** @type {import("../../core/router.js").Room} */
export default {
  name: "library",
  nav: [{ path: "/library", label: "common.nav.library", icon: "folder", group: "yours" }],
  routes: [
    { path: "/library", load: () => looks().then(() => import("./files.js")), title: "library.title" },
    { path: "/notifications", load: () => looks().then(() => import("./notifications.js")), title: "library.notifications.title" },
  ],
};
