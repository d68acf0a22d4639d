// One picture: what it is, what can be made of it, and where it comes from.
import { get, post, remove } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { moment, number } from "../../core/format.js";
import { says, t } from "../../core/i18n.js";
import { go, href } from "../../core/router.js";
import { draft } from "../../core/store.js";
import { html, useState } from "../../core/view.js";
import { Button, LinkButton } from "../../ui/button.js";
import { Card, Facts, Head } from "../../ui/card.js";
import { Confirm, Dialog } from "../../ui/dialog.js";
import { Icon } from "../../ui/icon.js";
import { InLine } from "../../making/line.js";
import { Menu } from "../../ui/menu.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Progress, Skeleton } from "../../ui/states.js";
import { toast } from "../../ui/toast.js";
import { ProjectChoice } from "./gallery.js";
import { isOver, order, pictureOf, useJob } from "./jobs.js";

/** @param {{params: {id: string}}} given */
export default function One({ params }) {
  return html`<${InLine} product="pixie" room="pictures" path=${`/pictures/${params.id}`} icon="image"><${Picture} key=${params.id} id=${params.id} /></${InLine}>`;
}

/** @param {{id: string}} given */
function Picture({ id }) {
  const { status, result, error } = useJob(id);
  const [failure, setFailure] = useState(/** @type {any} */ (null));
  const [asking, setAsking] = useState(/** @type {"" | "remove" | "project"} */ (""));
  const picture = result && pictureOf(result);
  const next = async (/** @type {string} */ what, /** @type {Record<string, unknown>} */ body) => {
    setFailure(null);
    try {
      await go(`/pictures/${(await order(what, { job_id: id, ...body }, { key: "" })).job_id}`);
    } catch (problem) {
      setFailure(problem);
    }
  };
  const leave = async () => {
    try {
      await remove(`/ai/jobs/${id}`);
      await go("/pictures");
    } catch (problem) {
      setFailure(problem);
    }
  };
  return html`<div class="page">
    <${Head} title=${t("pictures.one.title")}>
      <${LinkButton} kind="quiet" to="/pictures">${t("pictures.one.all")}</${LinkButton}></${Head}>
    <${Problem} error=${error ?? failure} />
    ${!status && !error && html`<${Skeleton} block />`}
    ${status && !isOver(status.status) && html`<${Card}><${Progress} label=${t("pictures.one.going")} value=${status.progress / 100} note=${status.message && html`<bdi>${status.message}</bdi>`} />
      <div class="row"><${Button} size="small" onPress=${leave}>${t("making.run.stop")}</${Button}></div></${Card}>`}
    ${status && (status.status === "failed" || status.status === "cancelled") && html`<${Notice} kind="error" title=${t(status.status === "failed" ? "making.run.failed" : "making.run.cancelled")}>
      ${status.message && html`<p><bdi>${status.message}</bdi></p>`}<p>${t("making.run.nothing_paid")}</p>
      <${Again} id=${id} /></${Notice}>`}
    ${picture && html`<div class="columns columns-side columns-sticky">
      <div class="stack">
        <figure class="card picture"><img src=${picture.url} alt=${t("pictures.one.alt")} /></figure>
        ${result.warnings.length > 0 && html`<${Notice} kind="warning">${result.warnings.map((/** @type {string} */ one) => html`<p key=${one}><bdi>${says(`pictures.warning.${one}`) ? t(`pictures.warning.${one}`) : one}</bdi></p>`)}
          ${result.outputs.composite && html`<img class="composite" src=${result.outputs.composite.url} alt=${t("pictures.one.composite")} />
            <a href=${result.outputs.composite.url} download>${t("pictures.one.composite_get")}</a>`}</${Notice}>`}
        <${Lineage} id=${id} />
      </div>
      <div class="stack">
        <${Card} title=${t("pictures.one.next")}>
          <div class="acts">
            <${LinkButton} kind="primary" icon="settings" to=${`/pictures/edit?job=${id}`}>${t("pictures.one.edit")}</${LinkButton}>
            <${LinkButton} icon="image" to=${`/pictures/paint?job=${id}`}>${t("pictures.one.paint")}</${LinkButton}>
            <${Menu} label=${t("pictures.one.upscale")} face=${html`<${Icon} name="add" /><span>${t("pictures.one.upscale")}</span>`}
              items=${[2, 4].map((factor) => ({ label: t("pictures.one.times", { factor }), onPress: () => next("upscale", { factor }) }))} />
            <${Menu} label=${t("pictures.one.background")} face=${html`<${Icon} name="user" /><span>${t("pictures.one.background")}</span>`}
              items=${["blur", "transparent", "colour"].map((mode) => ({ label: t(`pictures.background.${mode}`), onPress: () => next("edit", { recipe: [{ op: "background", mode }] }) }))} />
            <${Button} icon="more" onPress=${() => next("variations", { count: 2 })}>${t("pictures.one.vary")}</${Button}>
            <${LinkButton} icon="list" to=${`/pictures/compare?left=${id}`}>${t("pictures.one.compare")}</${LinkButton}>
            <${Again} id=${id} />
            <${Button} icon="folder" onPress=${() => setAsking("project")}>${t("pictures.one.keep")}</${Button}>
            <${LinkButton} icon="download" href=${picture.url} download=${`picture.${picture.mime_type.split("/")[1]}`}>${t("common.download")}</${LinkButton}>
            <${Button} kind="quiet" icon="trash" onPress=${() => setAsking("remove")}>${t("common.delete")}</${Button}>
          </div>
        </${Card}>
        <${Card} title=${t("pictures.one.made")}>
          <${Facts} rows=${[
            [t("pictures.one.by"), html`<bdi>${result.model ?? result.provider}</bdi>`],
            ...(typeof result.data.seed === "number" ? [[t("pictures.new.seed"), html`<bdi>${result.data.seed}</bdi>`]] : []),
            ...(result.quality_score === null ? [] : [[t("pictures.one.score"), number(result.quality_score, { maximumFractionDigits: 1 })]]),
            [t("pictures.one.price"), t("pictures.one.credits", { count: result.credits })],
          ]} />
          ${result.reasons.length > 0 && html`<ul class="soft">${result.reasons.map((/** @type {string} */ one) => html`<li key=${one}><bdi>${one}</bdi></li>`)}</ul>`}
        </${Card}>
      </div>
    </div>`}
    ${asking === "remove" && html`<${Confirm} title=${t("pictures.one.remove_title")} text=${t("pictures.one.remove_text")} action=${t("common.delete")} onClose=${() => setAsking("")} onDo=${leave} />`}
    ${asking === "project" && html`<${Keep} id=${id} onClose=${() => setAsking("")} />`}
  </div>`;
}

/** The order that made it, to be changed and placed as a new one. @param {{id: string}} given */
function Again({ id }) {
  const recall = async () => {
    try {
      const drafted = await post(`/assets/${id}/recall`);
      const { body, path } = drafted;
      if (path.endsWith("/generate")) {
        draft("pictures.new", {}).value = { prompt: body.prompt ?? "", negative: body.negative_prompt ?? "", size: body.size ?? "1024x1024", count: "1", seed: String(body.seed ?? ""), project: body.project_id ?? "", key: "" };
        await go("/pictures");
      } else if (body.recipe && drafted.missing.length === 0) {
        draft(`pictures.recipe.${body.job_id ?? body.file_id}`, {}).value = { steps: body.recipe, undone: [] };
        await go(`/pictures/edit?${new URLSearchParams(body.job_id ? { job: body.job_id } : { file: body.file_id })}`);
      } else if (drafted.missing.length > 0) {
        toast(t("pictures.one.missing"));
      } else {
        await go(`/pictures/${(await order(path, body, { key: "" })).job_id}`);
      }
    } catch {
      toast(t("pictures.one.no_recall"));
    }
  };
  return html`<${Button} icon="redo" onPress=${recall}>${t("pictures.one.recall")}</${Button}>`;
}

/** @param {{id: string, onClose: () => void}} given */
function Keep({ id, onClose }) {
  const [project, setProject] = useState("");
  const [error, setError] = useState(/** @type {any} */ (null));
  const keep = async () => {
    try {
      const { nodes } = await get(`/assets/${id}/lineage`);
      await post(`/projects/${project}/assets`, { file_id: nodes[0].file_id, asset_type: "output" });
      toast(t("pictures.one.kept"));
      onClose();
    } catch (failure) {
      setError(failure);
    }
  };
  return html`<${Dialog} title=${t("pictures.one.keep")} onClose=${onClose} actions=${html`<${Button} onPress=${onClose}>${t("common.cancel")}</${Button}>
    <${Button} kind="primary" disabled=${!project} onPress=${keep}>${t("common.save")}</${Button}>`}>
    <${ProjectChoice} value=${project} onInput=${setProject} />
    <p><a href=${href("/pictures/projects")}>${t("pictures.projects.new")}</a></p>
    <${Problem} error=${error} /></${Dialog}>`;
}

/** @param {{id: string}} given */
function Lineage({ id }) {
  const asked = useAsked(() => get(`/assets/${id}/lineage`), [id]);
  if (!asked.value) return asked.error ? null : html`<${Skeleton} />`;
  return html`<${Card} title=${t("pictures.lineage.title")}>
    <ol class="lineage">${asked.value.nodes.map((/** @type {any} */ node, /** @type {number} */ at) => html`<li key=${node.id}>
      <div class="row-apart"><strong>${says(`pictures.kind.${node.operation}`) ? t(`pictures.kind.${node.operation}`) : html`<bdi>${node.operation}</bdi>`}</strong>
        <time class="faint" datetime=${node.made_at}>${moment(node.made_at)}</time></div>
      ${node.parameters.prompt && html`<p><bdi>${node.parameters.prompt}</bdi></p>`}
      ${node.parameters.recipe && html`<p class="faint">${node.parameters.recipe.map((/** @type {any} */ step) => t(`pictures.op.${step.op}`)).join(", ")}</p>`}
      <p class="faint">${[node.model ?? node.provider, node.seed && t("pictures.lineage.seed", { seed: node.seed })].filter(Boolean).map((one) => html`<bdi>${one}</bdi> `)}
        ${!node.available && t("pictures.lineage.gone")}
        ${at > 0 && node.job_id && node.available && html`<a href=${href(`/pictures/${node.job_id}`)}>${t("pictures.lineage.open")}</a>`}</p>
    </li>`)}</ol></${Card}>`;
}
