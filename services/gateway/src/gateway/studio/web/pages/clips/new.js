// A long video in, the moments worth posting out.
import { newKey, post } from "../../core/api.js";
import { languageName } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { go } from "../../core/router.js";
import { draft, finish } from "../../core/store.js";
import { html, useMemo, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Card, Head } from "../../ui/card.js";
import { Choices, Select, TextField } from "../../ui/field.js";
import { InLine } from "../../making/line.js";
import { Problem } from "../../ui/notice.js";
import { Meters } from "./meters.js";
import { asOrdered, isGoing, isThere, NOTHING, SourceField } from "./source.js";

const BLANK = { source: NOTHING, count: "", length: "60", aspect: "vertical", layout: "auto", captions: "karaoke", language: "", title: "", key: "" };
const ASPECTS = ["vertical", "square", "wide"];
const LAYOUTS = ["auto", "single", "split", "blur", "screen"];
const CAPTIONS = ["karaoke", "plain", "none"];
const LENGTHS = ["15", "30", "60", "90"];
const LANGUAGES = ["en", "hi", "es", "fr", "de", "ja", "ko", "zh"];
const MOST = 20;

export default function New() {
  return html`<${InLine} product="reely" room="clips" path="/clips/new" icon="clips"><${Form} /></${InLine}>`;
}

function Form() {
  const kept = useMemo(() => draft("clips.new", BLANK), []);
  const [error, setError] = useState(/** @type {any} */ (null));
  const order = kept.value;
  // What is changed is another order: it has another key.
  const set = (/** @type {Partial<typeof BLANK>} */ change) => { kept.value = { ...kept.value, ...change, key: "" }; };
  const start = async () => {
    setError(null);
    if (!order.key) kept.value = { ...kept.value, key: newKey() };
    const now = kept.value;
    const count = now.count ? Number(now.count) : undefined;
    try {
      const made = await post("/auto-hooks", {
        ...asOrdered(now.source), count, clips: count ?? MOST, clip_length: Number(now.length), aspect: now.aspect, layout: now.layout,
        captions: now.captions, language: now.language || undefined, title: now.title.trim() || undefined,
      }, { key: now.key });
      finish("clips.new", BLANK);
      await go(`/clips/${made.id}`);
    } catch (failure) {
      setError(failure);
    }
  };
  const of = (/** @type {string} */ kind, /** @type {string[]} */ values) => values.map((value) => ({ value, label: t(`clips.${kind}.${value}`), note: t(`clips.${kind}.${value}_note`) }));
  return html`<div class="page">
    <${Head} title=${t("clips.new.title")} lead=${t("clips.new.lead")} />
    <div class="columns columns-side columns-sticky">
      <div class="stack-wide">
        <${Card} title=${t("clips.source.title")}><${SourceField} source=${order.source} onChange=${(/** @type {any} */ source) => set({ source })} errors=${error?.fields} /></${Card}>
        <${Card} title=${t("clips.new.look")}>
          <${Choices} label=${t("clips.aspect.label")} name="aspect" class="choices-narrow" value=${order.aspect} onInput=${(/** @type {string} */ aspect) => set({ aspect })}
            options=${of("aspect", ASPECTS).map((one) => ({ ...one, picture: html`<span class="shape shape-${one.value}" aria-hidden="true"></span>` }))} />
          <${Choices} label=${t("clips.layout.label")} name="layout" class="choices-narrow" value=${order.layout} options=${of("layout", LAYOUTS)} onInput=${(/** @type {string} */ layout) => set({ layout })} />
          <${Choices} label=${t("clips.captions.label")} name="captions" class="choices-narrow" value=${order.captions} options=${of("captions", CAPTIONS)} onInput=${(/** @type {string} */ captions) => set({ captions })} />
        </${Card}>
      </div>
      <${Card} title=${t("clips.new.how_many")}>
        <${Select} label=${t("clips.new.count")} value=${order.count} onInput=${(/** @type {string} */ count) => set({ count })} hint=${t("clips.new.count_hint")}
          options=${[{ value: "", label: t("clips.new.by_length") }, ...[1, 2, 3, 5, 8, 10, 15, MOST].map((count) => ({ value: String(count), label: t("clips.new.clips", { count }) }))]} />
        <${Select} label=${t("clips.new.length")} value=${order.length} onInput=${(/** @type {string} */ length) => set({ length })}
          options=${LENGTHS.map((value) => ({ value, label: t("clips.new.seconds", { count: Number(value) }) }))} />
        <${Select} label=${t("clips.new.language")} value=${order.language} onInput=${(/** @type {string} */ language) => set({ language })}
          options=${[{ value: "", label: t("clips.new.found_out") }, ...LANGUAGES.map((value) => ({ value, label: languageName(value) }))]} />
        <${TextField} label=${t("clips.new.name")} optional value=${order.title} maxlength="255" onInput=${(/** @type {string} */ title) => set({ title })} />
        <${Problem} error=${error} fields=${["url", "file_id"]} />
        <${Button} kind="primary" size="large" class="button-wide" disabled=${!isThere(order.source) || isGoing()} onPress=${start}>${t("clips.new.start")}</${Button}>
        ${!isThere(order.source) && html`<p class="faint">${t(isGoing() ? "clips.source.wait" : "clips.source.first")}</p>`}
        <${Meters} only="auto_hooks" />
      </${Card}>
    </div>
  </div>`;
}
