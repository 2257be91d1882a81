/**
 * Mouse, pen and touch to what they mean: a tool that is pressed, moved and released, or the picture moved and zoomed.
 *
 * One finger is the tool, two move and zoom. With touch a press only counts once no second finger came; held still for
 * half a second it excludes, as the right button does.
 *
 * @typedef {import("../mask/picture.mjs").PicturePoint} PicturePoint
 * @typedef {import("../view/geometry.mjs").PlacePoint} PlacePoint
 *
 * @typedef {object} Press  @property {PicturePoint} at @property {boolean} exclude @property {boolean} shift  whether that key
 *   is held @property {boolean} touch
 * @property {number} time  of the event, as performance.now() has it
 *
 * @typedef {{still: boolean, held: boolean, time: number}} Release  still: it was not moved
 *
 * @typedef {object} Tool
 * @property {(press: Press) => void} press @property {(points: PicturePoint[], shift: boolean) => void} move
 * @property {(release: Release) => void} release @property {() => void} cancel
 * @property {(at: PicturePoint | null, touch: boolean) => void} hover  null: the pointer has left
 * @property {() => boolean} pans  whether the tool is to move the picture
 * @property {(factor: number) => boolean} resize  makes the tool larger, if it has a size
 */

import { placePoint } from "../view/geometry.mjs";

const STILL = 8; // pixels of the place that a finger may slip in a tap
const HELD = 500; // milliseconds
const [LEFT, MIDDLE, RIGHT] = [0, 1, 2];

export class Pointer {
  /** @param {import("../view/canvas.mjs").Canvas} canvas @param {Tool} tool */
  constructor(canvas, tool) {
    this.canvas = canvas;
    this.tool = tool;
    /** The last event of each finger or button that is down, by the pointer's id. @type {Map<number, PointerEvent>} */
    this.fingers = new Map();
    /** What the pressed pointer does. @type {"tool" | "pan" | "pinch" | null} */
    this.gesture = null;
    /** The event it began with. @type {PointerEvent | null} */
    this.start = null;
    const { root } = canvas;
    root.addEventListener("pointerdown", (event) => this._down(event));
    root.addEventListener("pointermove", (event) => this._move(event));
    root.addEventListener("pointerup", (event) => this._up(event));
    root.addEventListener("pointercancel", (event) => this._cancel(event));
    root.addEventListener("pointerleave", (event) => this.gesture ?? tool.hover(null, event.pointerType === "touch"));
    root.addEventListener("wheel", (event) => this._wheel(event), { passive: false });
    root.addEventListener("contextmenu", (event) => event.preventDefault());
    root.addEventListener("auxclick", (event) => event.preventDefault());
  }

  /** @param {PointerEvent} event */
  _down(event) {
    if (!this.canvas.scene.picture) return;
    this.canvas.root.parentElement?.focus({ preventScroll: true });
    event.preventDefault(); // no text is selected, and the middle button does not scroll
    this.fingers.set(event.pointerId, event);
    this.canvas.hold(true);
    capture(this.canvas.root, event.pointerId);
    if (event.pointerType === "touch" && this.fingers.size > 1) return this._pinch();
    if (this.gesture) return; // a second button
    if (event.button === MIDDLE || (event.button === LEFT && this.tool.pans())) this.gesture = "pan";
    else if (event.button === LEFT || event.button === RIGHT) this._press(event);
    this.start = event;
  }

  /** @param {PointerEvent} event */
  _press(event) {
    this.gesture = "tool";
    this.tool.press({
      at: this.canvas.toPicture(event),
      exclude: event.button === RIGHT || event.altKey,
      shift: event.shiftKey,
      touch: event.pointerType === "touch",
      time: event.timeStamp,
    });
  }

  /** A second finger: what the first one began was not meant. */
  _pinch() {
    if (this.gesture === "tool") this.tool.cancel();
    this.gesture = "pinch";
  }

  /** @param {PointerEvent} event */
  _move(event) {
    const before = this.fingers.get(event.pointerId);
    if (before) this.fingers.set(event.pointerId, event);
    if (this.gesture === "pinch") return before && this._spread(before, event);
    if (this.gesture === "pan" && before) {
      return this.canvas.pan(event.clientX - before.clientX, event.clientY - before.clientY);
    }
    if (this.gesture === "tool" && before) {
      const events = event.getCoalescedEvents?.() ?? [];
      this.tool.move((events.length ? events : [event]).map(this.canvas.toPicture), event.shiftKey);
    } else if (!this.gesture) this.tool.hover(this.canvas.toPicture(event), event.pointerType === "touch");
  }

  /** Two fingers: the picture keeps under both. @param {PointerEvent} before @param {PointerEvent} event */
  _spread(before, event) {
    const others = [...this.fingers.values()].filter((one) => one.pointerId !== event.pointerId);
    if (!others.length) return;
    const [from, to, other] = [before, event, others[0]].map((one) => this.canvas.toPlace(one));
    const distance = (/** @type {PlacePoint} */ at) => Math.hypot(at.x - other.x, at.y - other.y);
    this.canvas.pan((to.x - from.x) / 2, (to.y - from.y) / 2);
    this.canvas.zoom(distance(to) / Math.max(distance(from), 1), placePoint((to.x + other.x) / 2, (to.y + other.y) / 2));
  }

  /** @param {PointerEvent} event */
  _up(event) {
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    if (before.clientX !== event.clientX || before.clientY !== event.clientY) this._move(event); // a pen may end elsewhere
    this.fingers.delete(event.pointerId);
    if (this.fingers.size) return; // the other finger of a pinch, or another button
    const { gesture, start } = this;
    this.gesture = this.start = null;
    if (gesture === "tool" && start) this._release(event, start);
    this.canvas.hold(false);
  }

  /** @param {PointerEvent} event @param {PointerEvent} start  of the gesture */
  _release(event, start) {
    const still = Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) <= STILL;
    this.tool.release({ still, held: event.timeStamp - start.timeStamp >= HELD, time: event.timeStamp });
  }

  /** @param {PointerEvent} event */
  _cancel(event) {
    this.fingers.delete(event.pointerId);
    if (this.gesture === "tool") this.tool.cancel();
    if (this.fingers.size) return;
    this.gesture = null;
    this.canvas.hold(false);
  }

  /** @param {WheelEvent} event */
  _wheel(event) {
    if (!this.canvas.scene.picture) return; // the page scrolls
    event.preventDefault();
    const lines = [1, 33, 400][event.deltaMode];
    const steps = Math.max(-240, Math.min(240, event.deltaY * lines)) * (event.ctrlKey ? 5 : 1); // ctrl: a pinch on a touchpad
    if (event.altKey && this.tool.resize(Math.exp(-steps / 700))) return;
    this.canvas.zoom(Math.exp(-steps / 500), this.canvas.toPlace(event));
  }
}

/** Keeps the pointer's events coming when it leaves the element. @param {HTMLElement} element @param {number} id */
function capture(element, id) {
  try {
    element.setPointerCapture(id);
  } catch {
    // an event made by a script has no pointer that could be captured
  }
}
