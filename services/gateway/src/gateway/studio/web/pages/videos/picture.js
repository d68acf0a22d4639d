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

/** @typedef {{x: number, y: number, width: number, height: number}} Part of a picture, in its pixels or in parts of it */

/**
 * The part of a picture in which one of its faces is alone, with room for the head and the shoulders.
 * @param {Part[]} faces in parts of the picture
 * @param {number} chosen
 * @param {number} width
 * @param {number} height
 * @returns {Part} in pixels
 */
export function alone(faces, chosen, width, height) {
  const boxes = faces.map((one) => {
    const [left, top] = [one.x * width, one.y * height];
    return { left, top, right: left + one.width * width, bottom: top + one.height * height };
  });
  const own = boxes[chosen];
  const [across, down] = [(own.left + own.right) / 2, (own.top + own.bottom) / 2];
  const [broad, high] = [own.right - own.left, own.bottom - own.top];
  const part = { left: Math.max(0, across - 1.7 * broad), right: Math.min(width, across + 1.7 * broad), top: Math.max(0, down - 1.5 * high), bottom: Math.min(height, down + 2.2 * high) };
  for (const other of boxes.filter((box) => box !== own)) {
    const [aside, above] = [(other.left + other.right) / 2 - across, (other.top + other.bottom) / 2 - down];
    // Half-way to the neighbour, and never through the own face.
    if (Math.abs(aside) >= Math.abs(above)) {
      if (aside > 0) part.right = Math.min(part.right, Math.max(own.right, (own.right + other.left) / 2));
      else part.left = Math.max(part.left, Math.min(own.left, (own.left + other.right) / 2));
    } else if (above > 0) part.bottom = Math.min(part.bottom, Math.max(own.bottom, (own.bottom + other.top) / 2));
    else part.top = Math.max(part.top, Math.min(own.top, (own.top + other.bottom) / 2));
  }
  return { x: part.left, y: part.top, width: part.right - part.left, height: part.bottom - part.top };
}

/**
 * A part of a picture as a JPEG.
 * @param {ImageBitmap | HTMLImageElement} picture
 * @param {Part} part
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
