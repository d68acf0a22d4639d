// The steps of a recipe, as data: what each asks and with which limits.

/**
 * @typedef {{name: string, kind: "range", min: number, max: number, step: number, initial: number}
 *   | {name: string, kind: "choice", values: (string | number)[], initial: string | number}
 *   | {name: string, kind: "text", initial: string} | {name: string, kind: "colour", initial: string}} Input
 */

/** @param {string} name @param {number} min @param {number} max @param {number} initial @param {number} [step] @returns {Input} */
const range = (name, min, max, initial, step = 0.05) => ({ name, kind: "range", min, max, step, initial });
/** @param {string} name @param {(string | number)[]} values @returns {Input} */
const choice = (name, values) => ({ name, kind: "choice", values, initial: values[0] });

/** @type {Record<string, Input[]>} */
export const STEPS = {
  adjust: [range("exposure", -3, 3, 0, 0.1), range("contrast", -1, 1, 0), range("highlights", -1, 1, 0), range("shadows", -1, 1, 0),
    range("temperature", -1, 1, 0), range("tint", -1, 1, 0), range("saturation", -1, 1, 0)],
  crop: [choice("aspect", ["1:1", "4:5", "9:16", "3:2", "16:9"])],
  rotate: [choice("degrees", [90, 180, 270])],
  straighten: [range("degrees", -45, 45, 0, 0.5)],
  flip: [choice("direction", ["horizontal", "vertical"])],
  background: [choice("mode", ["blur", "transparent", "colour"]), { name: "colour", kind: "colour", initial: "#ffffff" }],
  text: [{ name: "text", kind: "text", initial: "" }, range("size", 0.02, 0.5, 0.07, 0.01), range("x", 0, 1, 0.5, 0.01), range("y", 0, 1, 0.88, 0.01), { name: "colour", kind: "colour", initial: "#ffffff" }],
  sharpen: [range("amount", 0, 2, 0.6)],
  denoise: [range("strength", 0, 2, 1)],
  upscale: [choice("factor", [2, 4])],
};

/** A step as it begins. @param {string} op @returns {any} */
export const begun = (op) => ({ op, ...Object.fromEntries(STEPS[op].filter((input) => input.name !== "colour" || op === "text").map((input) => [input.name, input.initial])) });

/** What can be sent: a step without its words says nothing yet. @param {any[]} steps */
export const sendable = (steps) => steps.filter((step) => step.op !== "text" || step.text.trim() !== "");
