/**
 * Icons: lines on a 20 by 20 grid, drawn in the colour of the text around them.
 *
 * @typedef {keyof typeof PATHS} IconName
 */

const CORNERS = "M3.5 7V3.5H7M13 3.5h3.5V7M16.5 13v3.5H13M7 16.5H3.5V13";

/** Path data; after a bar, what is filled. */
const PATHS = {
  open: "M2.5 6v9A1.5 1.5 0 0 0 4 16.5h12a1.5 1.5 0 0 0 1.5-1.5V7.5A1.5 1.5 0 0 0 16 6h-5.8L8.4 3.5H4A1.5 1.5 0 0 0 2.5 5z",
  point: "M10 5.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 1 0 0-9.6zM10 2.5v2.7M10 14.8v2.7M2.5 10h2.7M14.8 10h2.7|M10 8.6a1.4 1.4 0 1 0 0 2.8 1.4 1.4 0 1 0 0-2.8z",
  box: `${CORNERS}M9 3.5h2M9 16.5h2M3.5 9v2M16.5 9v2`,
  brush: "M16.7 3.3c-.9-.9-2.2-.7-3.1.2L8 9.5l2.5 2.5 6-5.6c.9-.9 1.1-2.2.2-3.1zM7.3 10.4c-2.1 0-3.1 1.4-3.2 3.1-.1 1.3-.6 2-1.6 2.6 2.9 1.1 7 .5 7.3-3.1",
  eraser: "M8.2 16.5l-4.7-4.7a1.5 1.5 0 0 1 0-2.1l6.2-6.2a1.5 1.5 0 0 1 2.1 0l4.7 4.7a1.5 1.5 0 0 1 0 2.1l-6.2 6.2zM6.7 6.6l6.7 6.7M8.2 16.5h9",
  pan: "M10 2.5v15M2.5 10h15M7.9 4.6L10 2.5l2.1 2.1M7.9 15.4l2.1 2.1 2.1-2.1M4.6 7.9L2.5 10l2.1 2.1M15.4 7.9l2.1 2.1-2.1 2.1",
  undo: "M3.8 7.8h8.5a4.3 4.3 0 0 1 0 8.7H8M7.2 4.3L3.7 7.8l3.5 3.5",
  redo: "M16.2 7.8H7.7a4.3 4.3 0 0 0 0 8.7H12M12.8 4.3l3.5 3.5-3.5 3.5",
  trash: "M3.5 5.5h13M8 5.5V4a1 1 0 0 1 1-1h2a1 1 0 0 1 1 1v1.5M5.2 5.5l.7 10.1a1.5 1.5 0 0 0 1.5 1.4h5.2a1.5 1.5 0 0 0 1.5-1.4l.7-10.1M8.4 8.7v5M11.6 8.7v5",
  fit: `${CORNERS}M7.2 7.2h5.6v5.6H7.2z`,
  everything: "M3 3.5h5v5H3zM14.2 3.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 1 0 0-5.6zM5.5 11.5l3 5.2h-6zM11.7 12h5v4.7h-5z",
  find: "M8.8 3.3a5.5 5.5 0 1 0 0 11 5.5 5.5 0 1 0 0-11zM12.9 12.9l4.1 4.1M6.9 6.9h3.8M8.8 6.9v4.2",
  text: "M4 6.5v-3h12v3M10 3.5v13M7.2 16.5h5.6",
  compare: "M10 2.5v15M8 4.5H4.5a1 1 0 0 0-1 1v9a1 1 0 0 0 1 1H8M12 4.5h3.5a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H12|M12.2 7.5v5l2.3-2.5z",
  help: "M10 2.7a7.3 7.3 0 1 0 0 14.6 7.3 7.3 0 1 0 0-14.6zM7.9 8a2.1 2.1 0 1 1 3.1 1.8c-.7.4-1 .8-1 1.5v.2|M10 13.2a.95.95 0 1 0 0 1.9.95.95 0 1 0 0-1.9z",
  save: "M10 3v9.2M6.4 8.7L10 12.3l3.6-3.6M3.5 13.5v2A1.5 1.5 0 0 0 5 17h10a1.5 1.5 0 0 0 1.5-1.5v-2",
  copy: "M7.5 7h8a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1h-8a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1zM13.5 7V4a1 1 0 0 0-1-1h-8a1 1 0 0 0-1 1v8a1 1 0 0 0 1 1h2",
  send: "M11 3.5h4.5a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1H11M3 10h9.5M9.2 6.7l3.3 3.3-3.3 3.3",
  use: "M3.5 11v4.5a1 1 0 0 0 1 1h11a1 1 0 0 0 1-1v-11a1 1 0 0 0-1-1H11M3.5 7V3.5H7M3.7 3.7l6.8 6.8M10.7 6.5v4.2H6.5",
  eye: "M1.8 10S4.8 4.7 10 4.7 18.2 10 18.2 10 15.2 15.3 10 15.3 1.8 10 1.8 10zM10 7.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 1 0 0-5z",
  hidden: "M5.6 5.8C3.1 7.4 1.8 10 1.8 10s3 5.3 8.2 5.3c1.7 0 3.1-.5 4.3-1.2M8.3 4.9c.6-.1 1.1-.2 1.7-.2 5.2 0 8.2 5.3 8.2 5.3s-.6 1.1-1.8 2.3M8.2 8.2a2.5 2.5 0 0 0 3.6 3.6M3 3l14 14",
  plus: "M10 4v12M4 10h12",
  close: "M5 5l10 10M15 5L5 15",
  stop: "M10 2.7a7.3 7.3 0 1 0 0 14.6 7.3 7.3 0 1 0 0-14.6z|M7.3 7.3h5.4v5.4H7.3z",
  warning: "M10 3.2l7.3 12.9H2.7zM10 8v3.7|M10 12.9a.85.85 0 1 0 0 1.7.85.85 0 1 0 0-1.7z",
  done: "M10 2.7a7.3 7.3 0 1 0 0 14.6 7.3 7.3 0 1 0 0-14.6zM6.7 10.2l2.3 2.3 4.3-4.7",
  info: "M10 2.7a7.3 7.3 0 1 0 0 14.6 7.3 7.3 0 1 0 0-14.6zM10 9.2v4.6|M10 5.6a.95.95 0 1 0 0 1.9.95.95 0 1 0 0-1.9z",
  picture: "M4 3.5h12a1.5 1.5 0 0 1 1.5 1.5v10a1.5 1.5 0 0 1-1.5 1.5H4A1.5 1.5 0 0 1 2.5 15V5A1.5 1.5 0 0 1 4 3.5zM2.8 14.3l4.2-4.1 3.3 3.2 2.7-2.5 4.3 3.9M12.7 6.3a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 1 0 0-2.6z",
  cutout: "M5.2 12.3a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 1 0 0-4.4zM14.8 12.3a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 1 0 0-4.4zM6.4 12.7L13.8 3M13.6 12.7L6.2 3",
  mask: "M4 3.5h12a1.5 1.5 0 0 1 1.5 1.5v10a1.5 1.5 0 0 1-1.5 1.5H4A1.5 1.5 0 0 1 2.5 15V5A1.5 1.5 0 0 1 4 3.5z|M10 6.2a3.8 3.8 0 1 0 0 7.6 3.8 3.8 0 1 0 0-7.6z",
  alpha: "M4 3.5h12a1.5 1.5 0 0 1 1.5 1.5v10a1.5 1.5 0 0 1-1.5 1.5H4A1.5 1.5 0 0 1 2.5 15V5A1.5 1.5 0 0 1 4 3.5z|M2.5 3.5H10V10H2.5zM10 10h7.5v6.5H10z",
  models: "M10 2.5l7 3.7-7 3.7-7-3.7zM3 10l7 3.7 7-3.7M3 13.7l7 3.8 7-3.8",
};

/**
 * An icon, hidden from screen readers: what it stands for is the button's name.
 * @param {IconName} name @returns {SVGElement}
 */
export function icon(name) {
  const [lines, filled] = PATHS[name].split("|");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("ia-icon");
  svg.append(path(lines, "ia-line"));
  if (filled) svg.append(path(filled, "ia-filled"));
  return svg;
}

/** @param {string} data @param {string} name  of its class */
function path(data, name) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", "path");
  element.setAttribute("d", data);
  element.classList.add(name);
  return element;
}
