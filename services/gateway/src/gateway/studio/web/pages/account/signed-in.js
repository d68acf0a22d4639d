// Back from Google or Apple: the ticket of the address becomes a session, or what went wrong is said.
import { says, t } from "../../core/i18n.js";
import { go } from "../../core/router.js";
import { signInWithTicket } from "../../core/session.js";
import { html, useEffect, useState } from "../../core/view.js";
import { Button, LinkButton } from "../../ui/button.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Skeleton } from "../../ui/states.js";
import { begun, leave } from "./elsewhere.js";
import { Code } from "./code.js";
import { Door, nextOf } from "./parts.js";

export default function SignedIn() {
  const [state, setState] = useState(/** @type {{begun?: import("./elsewhere.js").Begun, refused?: string, error?: any, challenge?: string}} */ ({}));
  const query = new URLSearchParams(state.begun?.query ?? "");
  const line = query.get("line") ?? undefined;
  useEffect(() => {
    const told = new URLSearchParams(location.hash.slice(1));
    // A ticket is good once; it is not left in the address.
    history.replaceState(null, "", location.pathname);
    const mine = begun();
    const ticket = told.get("ticket");
    if (!mine || !ticket) {
      setState({ begun: mine ?? undefined, refused: told.get("error") ?? "signin_expired" });
      return;
    }
    const first = new URLSearchParams(mine.query);
    signInWithTicket(ticket, mine.verifier, first.get("line") ?? undefined).then(
      (challenge) => (challenge ? setState({ begun: mine, challenge }) : go(nextOf(first), { replace: true })),
      (error) => setState({ begun: mine, error }),
    );
  }, []);
  if (state.challenge) return html`<${Code} ticket=${state.challenge} line=${line} onIn=${() => go(nextOf(query), { replace: true })} />`;
  const { begun: mine, refused, error } = state;
  const why = refused && (says(`account.elsewhere.${refused}`) ? refused : "failed");
  return html`<${Door} title=${t("account.elsewhere.title")}>
    ${!refused && !error && html`<${Skeleton} lines=${2} />`}
    <${Problem} error=${error} />
    ${why && html`<${Notice} kind=${why === "consent_needed" ? "info" : "error"} title=${t(`account.elsewhere.${why}`)} />`}
    ${why === "consent_needed" && mine && html`<${Button} kind="primary" size="large" class="button-wide" onPress=${() => leave(mine.provider, mine.query, true)}>${t("account.elsewhere.agreed")}</${Button}>`}
    ${(refused || error) && html`<${LinkButton} to=${`/sign-in?${query}`}>${t("account.back")}</${LinkButton}>`}
  </${Door}>`;
}
