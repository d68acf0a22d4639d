/** @type {import("../../core/router.js").Room} */
export default {
  name: "settings",
  nav: [],
  routes: [],
};
