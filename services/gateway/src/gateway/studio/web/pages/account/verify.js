// Where the link of a letter leads: it proves the address at once.
import { post } from "../../core/api.js";
import { t } from "../../core/i18n.js";
import { me, renewed } from "../../core/session.js";
import { html, useEffect, useState } from "../../core/view.js";
import { LinkButton } from "../../ui/button.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Skeleton } from "../../ui/states.js";
import { Door } from "./parts.js";

/** @param {{query: URLSearchParams}} given */
export default function Verify({ query }) {
  const token = query.get("token") ?? "";
  const [proved, setProved] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {any} */ (null));
  useEffect(() => {
    if (!token) return;
    post("/auth/verify-email", { token }, { open: true }).then((answer) => {
      setProved(answer);
      if (me.value) void renewed();
    }, setError);
  }, [token]);
  return html`<${Door} title=${t("account.verify.title")}>
    ${!token && html`<${Notice} kind="warning" title=${t("account.no_token")} />`}
    ${token && !proved && !error && html`<${Skeleton} lines=${1} />`}
    ${proved && html`<${Notice} kind="good" title=${t("account.verify.done")}><p><bdi>${proved.email}</bdi></p></${Notice}>`}
    <${Problem} error=${error} />
    <${LinkButton} kind="primary" to=${me.value ? "/videos/new" : "/sign-in"}>${me.value ? t("account.go_on") : t("account.sign_in.action")}</${LinkButton}>
  </${Door}>`;
}
