/**
 * Mouse, pen and touch to what they mean: a tool that is pressed, moved and released, or the picture moved and zoomed.
 *
 * One finger is the tool, two move and zoom. With touch a press only counts once no second finger came; held still for
 * half a second it excludes, as the right button does.
 *
 * @typedef {object} Press
 * @property {{x: number, y: number}} at  in pixels of the picture @property {boolean} exclude
 * @property {boolean} touch @property {number} time  of the event, as performance.now() has it
 *
 * @typedef {object} Tool
 * @property {(press: Press) => void} press @property {(points: {x: number, y: number}[]) => void} move
 * @property {(end: {still: boolean, held: boolean, time: number}) => void} release  still: it was not moved
 * @property {() => void} cancel
 * @property {(at: {x: number, y: number} | null, touch: boolean) => void} hover  null: the pointer has left
 * @property {() => boolean} pans  whether the tool is to move the picture
 */

const STILL = 8; // screen pixels that a finger may slip in a tap
const HELD = 500; // milliseconds
const [LEFT, MIDDLE, RIGHT] = [0, 1, 2];

export class Pointer {
  /** @param {import("../view/canvas.mjs").Canvas} canvas @param {Tool} tool */
  constructor(canvas, tool) {
    this.canvas = canvas;
    this.tool = tool;
    this.fingers = new Map(); // pointer id -> its last event
    this.gesture = null; // what the pressed pointer does: "tool", "pan" or "pinch"
    this._listening = new AbortController();
    const { root } = canvas;
    const on = (name, handle, options) =>
      root.addEventListener(name, handle.bind(this), { signal: this._listening.signal, ...options });
    on("pointerdown", this._down);
    on("pointermove", this._move);
    on("pointerup", this._up);
    on("pointercancel", this._cancel);
    on("pointerleave", (event) => this.gesture ?? this.tool.hover(null, event.pointerType === "touch"));
    on("wheel", this._wheel, { passive: false });
    on("contextmenu", (event) => event.preventDefault());
    on("auxclick", (event) => event.preventDefault());
  }

  /** Stops listening. */
  dispose() {
    this._listening.abort();
  }

  _down(event) {
    if (!this.canvas.scene.picture) return;
    this.canvas.root.parentElement.focus({ preventScroll: true });
    event.preventDefault(); // no text is selected, and the middle button does not scroll
    this.fingers.set(event.pointerId, event);
    capture(this.canvas.root, event.pointerId);
    if (event.pointerType === "touch" && this.fingers.size > 1) return this._pinch();
    if (this.gesture) return; // a second button
    if (event.button === MIDDLE || (event.button === LEFT && this.tool.pans())) this.gesture = "pan";
    else if (event.button === LEFT || event.button === RIGHT) this._press(event);
    this.start = event;
  }

  _press(event) {
    this.gesture = "tool";
    this.tool.press({
      at: this.canvas.toPicture(event),
      exclude: event.button === RIGHT || event.altKey || event.shiftKey,
      touch: event.pointerType === "touch",
      time: event.timeStamp,
    });
  }

  /** A second finger: what the first one began was not meant. */
  _pinch() {
    if (this.gesture === "tool") this.tool.cancel();
    this.gesture = "pinch";
  }

  _move(event) {
    const before = this.fingers.get(event.pointerId);
    if (before) this.fingers.set(event.pointerId, event);
    if (this.gesture === "pinch") return before && this._spread(before, event);
    if (this.gesture === "pan" && before) {
      return this.canvas.pan(event.clientX - before.clientX, event.clientY - before.clientY);
    }
    if (this.gesture === "tool" && before) {
      const events = event.getCoalescedEvents?.() ?? [];
      this.tool.move((events.length ? events : [event]).map(this.canvas.toPicture));
    } else if (!this.gesture) this.tool.hover(this.canvas.toPicture(event), event.pointerType === "touch");
  }

  /** Two fingers: the picture keeps under both. */
  _spread(before, event) {
    const others = [...this.fingers.values()].filter((one) => one.pointerId !== event.pointerId);
    if (!others.length) return;
    const distance = (one) => Math.hypot(one.clientX - others[0].clientX, one.clientY - others[0].clientY);
    const middle = (one) => ({ clientX: (one.clientX + others[0].clientX) / 2, clientY: (one.clientY + others[0].clientY) / 2 });
    const [from, to] = [middle(before), middle(event)];
    this.canvas.pan(to.clientX - from.clientX, to.clientY - from.clientY);
    this.canvas.zoom(distance(event) / Math.max(distance(before), 1), this.canvas.toPlace(to));
  }

  _up(event) {
    if (!this.fingers.delete(event.pointerId)) return;
    if (this.fingers.size) return; // the other finger of a pinch, or another button
    const { gesture, start } = this;
    this.gesture = null;
    if (gesture !== "tool") return;
    const still = Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) <= STILL;
    this.tool.release({ still, held: event.timeStamp - start.timeStamp >= HELD, time: event.timeStamp });
  }

  _cancel(event) {
    this.fingers.delete(event.pointerId);
    if (this.gesture === "tool") this.tool.cancel();
    if (!this.fingers.size) this.gesture = null;
  }

  _wheel(event) {
    if (!this.canvas.scene.picture) return; // the page scrolls
    event.preventDefault();
    const lines = [1, 33, 400][event.deltaMode];
    const steps = Math.max(-240, Math.min(240, event.deltaY * lines)) * (event.ctrlKey ? 5 : 1); // ctrl: a pinch on a touchpad
    this.canvas.zoom(Math.exp(-steps / 500), this.canvas.toPlace(event));
  }
}

/** Keeps the pointer's events coming when it leaves the element. */
function capture(element, id) {
  try {
    element.setPointerCapture(id);
  } catch {
    // an event made by a script has no pointer that could be captured
  }
}
