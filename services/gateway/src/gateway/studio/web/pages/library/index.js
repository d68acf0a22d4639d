/** @type {import("../../core/router.js").Room} */
export default {
  name: "library",
  nav: [],
  routes: [],
};
