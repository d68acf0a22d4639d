/** @type {import("../../core/router.js").Room} */
export default {
  name: "clips",
  nav: [],
  routes: [],
};
