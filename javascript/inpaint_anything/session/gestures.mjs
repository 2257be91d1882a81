/**
 * What the tools work on: a press, a drag and a release become changes of the document, and may be all that is waited for.
 *
 * @typedef {object} Work
 * @property {Pick<import("./editing.mjs").Editing, "document" | "click" | "setBox" | "addStroke">} editing
 * @property {Pick<import("./masks.mjs").Masks, "shown">} masks
 * @property {Pick<import("./onward.mjs").Onward, "finished">} onward
 * @property {Pick<import("./showing.mjs").Showing, "mask" | "pointAt">} showing
 * @property {() => void} endCursor  the keyboard's @property {(radius: number) => void} resize  the brush
 */

/** @param {Work} work @returns {import("../input/tools.mjs").Target} */
export const targetOf = ({ editing, masks, onward, showing, endCursor, resize }) => ({
  image: () => editing.document.image,
  mask: () => masks.shown.runs,
  click: (at, label, time) => {
    editing.click(at, label, time);
    if (label) onward.finished();
  },
  setBox: (box, time) => {
    editing.setBox(box, time);
    onward.finished();
  },
  addStroke: (stroke, runs) => {
    editing.addStroke(stroke, runs);
    showing.mask(); // also where nothing was changed: the stroke is drawn already
    if (stroke.label) onward.finished();
  },
  showMask: () => showing.mask(),
  hover: (at) => showing.pointAt(at),
  endCursor,
  resize,
});
