// A small picture of a file of the account.
import { get } from "../core/api.js";
import { html, useEffect, useState } from "../core/view.js";
import { Icon } from "../ui/icon.js";

/** @type {Map<string, Promise<string>>} links by file and size; they hold longer than a page lives */
const links = new Map();

/** @param {string} id @param {"thumbnail" | "preview" | "full"} [size] @returns {Promise<string>} */
export function pictured(id, size = "thumbnail") {
  const key = `${size}.${id}`;
  const known = links.get(key);
  if (known) return known;
  const asked = get(`/files/${id}/sizes/${size}`).then((found) => found.url);
  asked.catch(() => links.delete(key));
  links.set(key, asked);
  return asked;
}

/** @param {{id: string | null, alt?: string, size?: "thumbnail" | "preview"}} given without `alt` it is beside words that say it */
export function Thumb({ id, alt = "", size }) {
  const [url, setUrl] = useState(/** @type {string | null} */ (null));
  useEffect(() => {
    let isHere = true;
    setUrl(null);
    if (id) void pictured(id, size).then((found) => isHere && setUrl(found), () => null);
    return () => { isHere = false; };
  }, [id, size]);
  return html`<span class="thumb">${url ? html`<img src=${url} alt=${alt} loading="lazy" />` : html`<${Icon} name="image" />`}</span>`;
}
