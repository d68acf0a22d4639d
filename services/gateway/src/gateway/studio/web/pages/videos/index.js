/** @type {import("../../core/router.js").Room} */
export default {
  name: "videos",
  nav: [{ path: "/videos", label: "common.nav.videos", icon: "video", group: "make" }],
  routes: [{ path: "/videos", load: () => import("./list.js"), title: "videos.list.title" }],
};
