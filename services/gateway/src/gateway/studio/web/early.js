// Runs before anything is drawn, so that nobody sees the wrong theme or direction for a moment.
(() => {
  /** @param {string} name */
  const kept = (name) => {
    try {
      return JSON.parse(localStorage.getItem(`studio.${name}`) ?? "null");
    } catch {
      return null;
    }
  };
  const root = document.documentElement;
  const theme = kept("theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  const language = kept("language");
  if (language && typeof language.tag === "string") {
    root.lang = language.tag;
    root.dir = language.dir === "rtl" ? "rtl" : "ltr";
  }
})();
