/** @type {import("../../core/router.js").Room} */
export default {
  name: "film",
  nav: [],
  routes: [],
};
