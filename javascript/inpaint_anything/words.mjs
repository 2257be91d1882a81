// What the page says, in the person's language. The English text is the key, as in the WebUI's own localisation files:
// localizations/zh_CN.json lists every text there is, and a test holds that list and the code together.

/** Texts of our own file; empty for English. One page has one language, so this is kept here. */
const own = {};

/**
 * The text in the page's language: the WebUI's localisation first, then our own file.
 * @param {string} text English, with {name} where a value goes
 * @param {Object<string, string|number>} [values]
 * @returns {string}
 */
export function t(text, values = {}) {
  const words = globalThis.localization?.[text] ?? own[text] ?? text;
  return words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/**
 * Read our own file, if the page is in a language that it is for.
 * @param {string} language as the server says; empty takes the browser's
 */
export async function readWords(language) {
  const wanted = language && language !== "None" ? language : navigator.language;
  if (!/^zh\b|^zh_/i.test(wanted)) return;
  try {
    const answer = await fetch(new URL("localizations/zh_CN.json", import.meta.url));
    if (answer.ok) Object.assign(own, await answer.json());
  } catch {
    // without it the page is in English
  }
}

/**
 * Translate what Python put on the page, now and when it changes: outside the WebUI nobody else does.
 * @param {HTMLElement} root
 */
export function translatePage(root) {
  if (Object.keys(own).length === 0) return;
  translateUnder(root);
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) translateUnder(node);
  }).observe(root, { childList: true, subtree: true });
}

function translateUnder(node) {
  if (node.nodeType === Node.TEXT_NODE) return translateText(node);
  if (node.nodeType !== Node.ELEMENT_NODE) return;
  const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) translateText(texts.currentNode);
  for (const field of [node, ...node.querySelectorAll("[placeholder]")]) {
    if (own[field.placeholder]) field.placeholder = own[field.placeholder];
  }
}

function translateText(node) {
  const text = node.textContent.trim();
  if (own[text] && !["SCRIPT", "STYLE", "TEXTAREA"].includes(node.parentElement?.nodeName)) node.textContent = own[text];
}
