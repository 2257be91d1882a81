/**
 * What the page says, in the person's language. The English text is the key, as in the WebUI's own localisation files:
 * localizations/zh_CN.json lists every text there is, and a test holds that list and the code together.
 */

/**
 * Texts of our own file; none for English. One page has one language, so this is kept here.
 * @type {{[english: string]: string}}
 */
const own = {};

/**
 * The text in the page's language: the WebUI's localisation first, then our own file.
 * @param {string} text  English, with {name} where a value goes @param {{[name: string]: string | number}} [values]
 * @returns {string}
 */
export function t(text, values = {}) {
  const { localization } = /** @type {{localization?: {[english: string]: string}}} */ (globalThis);
  const words = localization?.[text] ?? own[text] ?? text;
  return words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Takes in the texts of our own file. @param {{[english: string]: string}} texts */
export function addTranslations(texts) {
  Object.assign(own, texts);
}

/** Whether there are texts of our own file. */
export const isTranslated = () => Object.keys(own).length > 0;

/** A text of our own file, or undefined. @param {string} english @returns {string | undefined} */
export const translated = (english) => own[english];
