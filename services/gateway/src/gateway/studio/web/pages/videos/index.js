import { sheet } from "../../core/sheet.js";

const looks = () => sheet("videos");

/** @type {import("../../core/router.js").Room} */
export default {
  name: "videos",
  nav: [{ path: "/videos", label: "common.nav.videos", icon: "video", group: "make" }],
  routes: [
    { path: "/videos", load: () => import("./list.js"), title: "videos.list.title" },
    { path: "/videos/new", load: () => looks().then(() => import("./new.js")), title: "videos.new.title" },
    { path: "/videos/:id", load: () => looks().then(() => import("./run.js")), title: "videos.run.title" },
    // Where letters lead.
    { path: "/create", load: () => looks().then(() => import("./new.js")), title: "videos.new.title" },
    { path: "/workflows/:id", load: () => looks().then(() => import("./run.js")), title: "videos.run.title" },
  ],
};
