/** @type {import("../../core/router.js").Room} */
export default {
  name: "money",
  nav: [],
  routes: [],
};
