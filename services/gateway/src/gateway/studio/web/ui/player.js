// A video or a recording, by the browser's own controls.
import { html } from "../core/view.js";

/**
 * @param {{src: string, label: string, poster?: string, captions?: {src: string, language: string, label: string} | null, ratio?: string, audio?: boolean}} given
 */
export function Player({ src, label, poster, captions, ratio, audio = false }) {
  if (audio) return html`<audio class="player-audio" controls preload="none" src=${src} aria-label=${label}></audio>`;
  return html`<div class="player" style=${ratio ? { aspectRatio: ratio } : undefined}>
    <video controls playsinline preload="metadata" src=${src} poster=${poster} aria-label=${label}>
      ${captions && html`<track kind="captions" default src=${captions.src} srclang=${captions.language} label=${captions.label} />`}
    </video>
  </div>`;
}
