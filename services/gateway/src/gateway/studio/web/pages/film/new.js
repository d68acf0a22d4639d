// A script in, a plan out; it costs nothing until the film is ordered.
import { get, post } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { t } from "../../core/i18n.js";
import { go } from "../../core/router.js";
import { draft, finish } from "../../core/store.js";
import { html, useMemo, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Card, Head } from "../../ui/card.js";
import { InLine, onceOpened } from "../../making/line.js";
import { Problem } from "../../ui/notice.js";
import { asCharacters, asProject, BLANK, SoundFields, Speakers, WritingFields } from "./writing.js";

export default function New() {
  return html`<${InLine} product="filmstudio" room="film" path="/film/new" icon="film"><${Form} /></${InLine}>`;
}

function Form() {
  const kept = useMemo(() => draft("film.new", BLANK), []);
  const [error, setError] = useState(/** @type {any} */ (null));
  const account = useAsked(() => onceOpened(() => get("/billing/credits/balance")), []);
  const writing = kept.value;
  const set = (/** @type {Partial<import("./writing.js").Writing>} */ change) => { kept.value = { ...kept.value, ...change }; };
  const plan = async () => {
    setError(null);
    try {
      const project = await post("/projects", asProject(kept.value));
      // The film's page plans once more where this does not come through.
      await post(`/projects/${project.id}/plan`, asCharacters(kept.value)).catch(() => null);
      finish("film.new", BLANK);
      await go(`/film/${project.id}`);
    } catch (failure) {
      setError(failure);
    }
  };
  const credits = account.value?.credits_per_minute * (Number(writing.minutes) || 0);
  return html`<div class="page">
    <${Head} title=${t("film.new.title")} lead=${t("film.new.lead")} />
    <div class="columns columns-side columns-sticky">
      <div class="stack-wide"><${WritingFields} writing=${writing} set=${set} error=${error} />
        <${Speakers} speakers=${writing.speakers} onChange=${(/** @type {import("./writing.js").Speaker[]} */ speakers) => set({ speakers })} /></div>
      <${Card} title=${t("film.new.sound")}>
        <${SoundFields} writing=${writing} set=${set} error=${error} />
        ${Number.isFinite(credits) && html`<p class="soft">${t("film.new.price", { count: credits, have: account.value.available })}</p>`}
        <${Problem} error=${error} fields=${["title", "script", "images", "duration", "music"]} />
        <${Button} kind="primary" size="large" class="button-wide" disabled=${!writing.script.trim()} onPress=${plan}>${t("film.new.plan")}</${Button}>
        <p class="faint">${writing.script.trim() ? t("film.new.plan_note") : t("film.new.first")}</p>
      </${Card}>
    </div>
  </div>`;
}
