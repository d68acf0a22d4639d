/** @type {import("../../core/router.js").Room} */
export default {
  name: "admin",
  nav: [],
  routes: [],
};
