// Surfaces, and the head of a page.
import { html } from "../core/view.js";

/** @param {{title?: any, aside?: any, children: any, class?: string, level?: 2 | 3}} given */
export function Card({ title, aside, children, class: more = "", level = 2 }) {
  return html`<section class="card ${more}">
    ${(title || aside) && html`<div class="card-head"><${`h${level}`} class="card-title">${title}</${`h${level}`}>${aside}</div>`}
    ${children}
  </section>`;
}

/**
 * The first heading of a page; the focus comes here when the page is gone to.
 * @param {{title: any, lead?: any, children?: any}} given what is to be done stands beside it
 */
export function Head({ title, lead, children }) {
  return html`<header class="page-head"><div><h1 tabindex="-1">${title}</h1>${lead && html`<p class="lead">${lead}</p>`}</div>
    ${children && html`<div class="page-actions">${children}</div>`}</header>`;
}

/** Names and values. @param {{rows: [any, any][]}} given */
export function Facts({ rows }) {
  return html`<dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
