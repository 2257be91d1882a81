/** How tall the frame is: all of the window below what stands over it, so that tools and picture are seen together. */

import { isShown } from "./dom.mjs";

const GAP = 10; // pixels that are left below it
const LEAST = 440; // pixels: the page scrolls in a lower window
const PEEK = 76; // pixels of the settings that are seen below it, where they are not beside it: they are scrolled to there
const STACKED = "(max-width: 740px)";

/** @param {HTMLElement} root  our tab @param {HTMLElement} container  of the frame */
export function followRoom(root, container) {
  let set = 0;
  function measure() {
    if (!isShown(root)) return;
    const top = root.getBoundingClientRect().top + window.scrollY; // the frame itself may be stuck to the window
    const room = Math.max(window.innerHeight - top - (matchMedia(STACKED).matches ? PEEK : GAP), LEAST);
    if (Math.abs(room - set) < 1) return;
    set = room;
    container.style.setProperty("--ia-room", `${Math.floor(room)}px`);
  }
  window.addEventListener("resize", measure);
  new ResizeObserver(measure).observe(root);
  measure();
}
