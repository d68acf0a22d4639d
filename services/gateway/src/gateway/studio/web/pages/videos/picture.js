// Pictures made fit here, so that nobody has to: smaller where they are too large, JPEG where the API takes no other.

/** Pixels a side that the API takes. */
const LONGEST = 4096;
const TAKEN = ["image/jpeg", "image/png", "image/webp"];

/**
 * The photo as it can be sent, and its sides where they were reduced. What cannot be opened is sent as it is: the API
 * says what is wrong with it.
 * @param {File} file
 * @returns {Promise<{file: File, reduced: {width: number, height: number} | null}>}
 */
export async function fitted(file) {
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) return { file, reduced: null };
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  if (scale === 1 && TAKEN.includes(file.type)) return { file, reduced: null };
  const width = Math.round(picture.width * scale);
  const height = Math.round(picture.height * scale);
  return { file: await drawn(picture, { x: 0, y: 0, width: picture.width, height: picture.height }, width, height, file.name), reduced: scale < 1 ? { width, height } : null };
}

/**
 * A part of a picture as a JPEG.
 * @param {ImageBitmap | HTMLImageElement} picture
 * @param {{x: number, y: number, width: number, height: number}} part
 * @param {number} width
 * @param {number} height
 * @param {string} name
 */
export async function drawn(picture, part, width, height, name) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.drawImage(picture, part.x, part.y, part.width, part.height, 0, 0, width, height);
  const blob = await new Promise((/** @type {(blob: Blob | null) => void} */ done) => canvas.toBlob(done, "image/jpeg", 0.94));
  return new File([/** @type {Blob} */ (blob)], `${name.replace(/\.\w+$/, "")}.jpg`, { type: "image/jpeg" });
}
