/** Translates what Python put on the page, now and when it changes: outside the WebUI nobody else does. */

import { isTranslated, translated } from "../words.mjs";

const VERBATIM = ["SCRIPT", "STYLE", "TEXTAREA"];

/** @param {HTMLElement} root */
export function translatePage(root) {
  if (!isTranslated()) return;
  translateUnder(root);
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) translateUnder(node);
  }).observe(root, { childList: true, subtree: true });
}

/** @param {Node} node */
function translateUnder(node) {
  if (node.nodeType === Node.TEXT_NODE) return translateText(node);
  if (!(node instanceof Element)) return;
  const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) translateText(texts.currentNode);
  for (const field of [node, ...node.querySelectorAll("[placeholder]")]) {
    const placeholder = translated(field.getAttribute("placeholder") ?? "");
    if (placeholder) field.setAttribute("placeholder", placeholder);
  }
}

/** @param {Node} node */
function translateText(node) {
  const text = translated(node.textContent?.trim() ?? "");
  if (text && !VERBATIM.includes(node.parentElement?.nodeName ?? "")) node.textContent = text;
}
