// A new run made of one that is done: what is the same is used again, and the price says so before.
import { newKey, post } from "../../core/api.js";
import { lasting } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { html, useEffect, useMemo, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Facts } from "../../ui/card.js";
import { Dialog } from "../../ui/dialog.js";
import { Select, TextArea } from "../../ui/field.js";
import { Problem } from "../../ui/notice.js";
import { VOICES } from "./order.js";
import { stepName } from "./steps.js";

/** @param {{run: any, onClose: () => void, onMade: (id: string) => unknown}} given */
export function Rerun({ run, onClose, onMade }) {
  const [script, setScript] = useState(run.input.script ?? "");
  const [voice, setVoice] = useState(run.input.voice ?? "female");
  const [captions, setCaptions] = useState("");
  const [from, setFrom] = useState("");
  const [plan, setPlan] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {any} */ (null));
  const key = useMemo(newKey, [script, voice, captions, from]);
  const steps = [...new Set(run.steps.filter((/** @type {any} */ step) => step.provider || step.name === "renditions").map((/** @type {any} */ step) => step.name))];
  const change = {
    ...(script.trim() && script !== run.input.script ? { script } : {}),
    ...(voice !== run.input.voice ? { voice } : {}),
    ...(captions ? { captions } : {}),
  };
  const isSame = Object.keys(change).length === 0 && !from;
  const query = { from: from || undefined };

  useEffect(() => {
    setError(null);
    if (isSame) {
      setPlan(null);
      return undefined;
    }
    const stop = new AbortController();
    const timer = setTimeout(() => {
      post(`/workflows/${run.id}/rerun`, { ...change, dry_run: true }, { query, signal: stop.signal }).then(setPlan, (failure) => {
        if (!stop.signal.aborted) setError(failure);
      });
    }, 500);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [JSON.stringify(change), from]);

  const make = async () => {
    setError(null);
    try {
      const made = await post(`/workflows/${run.id}/rerun`, { ...change, ...(plan ? { max_credits: plan.credits } : {}) }, { query, key });
      onClose();
      await onMade(made.id);
    } catch (failure) {
      setError(failure);
    }
  };
  const named = (/** @type {{step: string}[]} */ parts) => parts.map((part) => stepName(part.step)).join(", ") || "–";
  return html`<${Dialog} title=${t("videos.rerun.title")} onClose=${onClose} actions=${html`
      <${Button} onPress=${onClose}>${t("common.cancel")}</${Button}>
      <${Button} kind="primary" disabled=${isSame || !plan} onPress=${make}>${t("videos.rerun.action")}</${Button}>`}>
    <p class="soft">${t("videos.rerun.text")}</p>
    <${TextArea} label=${t("videos.script.title")} value=${script} onInput=${setScript} rows=${3} lang=${run.input.language} dir="auto" />
    <div class="pair">
      <${Select} label=${t("videos.voice.label")} value=${voice} onInput=${setVoice} options=${VOICES.map((one) => ({ value: one, label: t(`videos.voice.${one}`) }))} />
      <${Select} label=${t("videos.captions.label")} value=${captions} onInput=${setCaptions}
        options=${[{ value: "", label: t("videos.rerun.as_was") }, ...["files", "burned"].map((one) => ({ value: one, label: t(`videos.captions.${one}`) }))]} />
      <${Select} label=${t("videos.rerun.from")} value=${from} onInput=${setFrom}
        options=${[{ value: "", label: t("videos.rerun.only_changed") }, ...steps.map((step) => ({ value: step, label: stepName(String(step)) }))]} />
    </div>
    ${plan && html`<${Facts} rows=${[
      [t("videos.rerun.made"), named(plan.made)],
      [t("videos.rerun.reused"), named(plan.reused)],
      [t("videos.price.title"), t("common.credits.count", { count: plan.credits })],
      [t("videos.price.time"), lasting(plan.estimated_seconds)],
    ]} />`}
    <${Problem} error=${error} />
  </${Dialog}>`;
}
