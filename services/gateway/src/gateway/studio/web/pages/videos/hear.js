// Hearing the voice before anything is ordered: it says the first sentence, and is asked for that once.
import { post } from "../../core/api.js";
import { t } from "../../core/i18n.js";
import { html, useEffect, useRef, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Problem } from "../../ui/notice.js";

/** Characters that the API speaks for a look. */
const LONGEST = 200;
const SENTENCE = /^.*?[.!?…。！？।؟]+(?=\s|$)|^.*?[。！？]/su;

/** What was heard, by what was asked for. @type {Map<string, string>} */
const heard = new Map();

/** The first sentence of a script, or as many of its words as are spoken for a look. @param {string} script */
export function firstSentence(script) {
  const text = script.trim().replace(/\s+/g, " ");
  const first = SENTENCE.exec(text)?.[0] ?? text;
  if (first.length <= LONGEST) return first;
  const cut = first.slice(0, LONGEST);
  return cut.slice(0, cut.lastIndexOf(" ") > 0 ? cut.lastIndexOf(" ") : LONGEST);
}

/** @param {{script: string, language: string, voice: string}} given */
export function Hear({ script, language, voice }) {
  const text = firstSentence(script);
  const key = JSON.stringify([text, language, voice]);
  const [error, setError] = useState(/** @type {any} */ (null));
  const [playing, setPlaying] = useState("");
  const sound = useRef(/** @type {any} */ (null));
  useEffect(() => setError(null), [key]);
  const hear = async () => {
    setError(null);
    try {
      if (!heard.has(key)) heard.set(key, URL.createObjectURL(await post("/ai/audio/preview", { text, language, voice }, { as: "blob" })));
      setPlaying(key);
      // Pressed again, it is heard again.
      if (playing === key) sound.current.currentTime = 0;
      await sound.current?.play();
    } catch (failure) {
      // A browser that does not begin by itself shows the player all the same.
      if (!(failure instanceof DOMException)) setError(failure);
    }
  };
  return html`<div class="hear">
    <${Button} size="small" icon="volume" disabled=${!text} onPress=${hear}>${t("videos.voice.hear")}</${Button}>
    ${playing === key ? html`<audio ref=${sound} class="player-audio" controls autoplay src=${heard.get(key)} aria-label=${t("videos.voice.heard")}></audio>`
      : html`<span class="faint">${t(text ? "videos.voice.first" : "videos.voice.no_words")}</span>`}
    <${Problem} error=${error} />
  </div>`;
}
