/** Files that are not of the API: pictures of other pages, and our own translations. */

import { t } from "../words.mjs";

/**
 * A picture by its address, which may be one inside the page (data:, blob:).
 * @param {string} address @param {AbortSignal} signal
 */
export async function fetchPicture(address, signal) {
  const response = await fetch(address, { signal }).catch(() => null);
  if (!response?.ok) throw new Error(t("The picture could not be fetched from the page it is on."));
  return response.blob();
}

/**
 * The texts of our own file in a language; none for one that it is not for.
 * @param {string} language  as the server says; empty takes the browser's
 * @returns {Promise<{[english: string]: string}>}
 */
export async function fetchTranslations(language) {
  const wanted = language && language !== "None" ? language : navigator.language;
  if (!/^zh\b|^zh_/i.test(wanted)) return {};
  try {
    const answer = await fetch(new URL("../localizations/zh_CN.json", import.meta.url));
    return answer.ok ? await answer.json() : {};
  } catch {
    return {}; // the page is in English then
  }
}
