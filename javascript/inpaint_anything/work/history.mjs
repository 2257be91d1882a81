/**
 * What is now, what was before, and what was undone. Pure: every verb gives a new history.
 *
 * @template State
 * @typedef {{now: State, past: State[], future: State[], merging: string}} History
 *   merging: what the last step was, so that many of its kind in a row can be one
 */

const LONGEST = 200; // steps

/** A history that begins with `now`. @template State @param {State} now @returns {History<State>} */
export const begin = (now) => ({ now, past: [], future: [], merging: "" });

/**
 * Goes on to a state; what had been undone is forgotten. A step of the same `merging` as the last one takes its place.
 * @template State @param {History<State>} history @param {State} now @param {string} [merging] @returns {History<State>}
 */
export function step(history, now, merging = "") {
  if (now === history.now) return history;
  if (merging && merging === history.merging) return { ...history, now, future: [] };
  return { now, past: [...history.past, history.now].slice(-LONGEST), future: [], merging };
}

/**
 * The same step with another state: for what is not worth undoing.
 * @template State @param {History<State>} history @param {State} now @returns {History<State>}
 */
export const replace = (history, now) => ({ ...history, now });

/**
 * One step back, or the same history at its beginning.
 * @template State @param {History<State>} history @returns {History<State>}
 */
export function undo(history) {
  if (!history.past.length) return history;
  const { past, now, future } = history;
  return { now: past[past.length - 1], past: past.slice(0, -1), future: [now, ...future], merging: "" };
}

/**
 * One step forward again, or the same history when nothing was undone.
 * @template State @param {History<State>} history @returns {History<State>}
 */
export function redo(history) {
  if (!history.future.length) return history;
  const { past, now, future } = history;
  return { now: future[0], past: [...past, now], future: future.slice(1), merging: "" };
}

/** All states. @template State @param {History<State>} history @returns {State[]} */
export const states = ({ past, now, future }) => [...past, now, ...future];
