/** @type {import("../../core/router.js").Room} */
export default {
  name: "pictures",
  nav: [],
  routes: [],
};
