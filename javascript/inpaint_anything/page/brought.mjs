/** Several pictures, or a folder of them, that were chosen or dropped: the files, in the order in which people count. */

const ENDINGS = /\.(png|jpe?g|webp|bmp|tiff?)$/i;

/** Pictures among files, without what is hidden and what lies in sub-folders. @param {Iterable<File>} files @returns {File[]} */
export function picturesAmong(files) {
  const order = new Intl.Collator(undefined, { numeric: true });
  return [...files]
    .filter(({ name, type, webkitRelativePath: path }) =>
      !name.startsWith(".") && (type.startsWith("image/") || ENDINGS.test(name)) && (path ?? "").split("/").length <= 2)
    .sort((one, other) => order.compare(one.name, other.name));
}

/** Whether a folder is dropped. @param {Pick<DataTransfer, "items">} data */
export const hasFolder = ({ items }) => [...items].some((item) => item.webkitGetAsEntry?.()?.isDirectory);

/**
 * What is dropped, a folder as the pictures in it. The items are there only until the event is over, so they are taken at once.
 * @param {Pick<DataTransfer, "files" | "items">} data @returns {Promise<File[]>}
 */
export async function droppedPictures({ files, items }) {
  const entries = [...items].map((item) => item.webkitGetAsEntry?.() ?? null);
  const loose = [...files].filter((_, number) => !entries[number]?.isDirectory);
  const folders = /** @type {FileSystemDirectoryEntry[]} */ (entries.filter((entry) => entry?.isDirectory));
  const found = await Promise.all(folders.map(filesIn));
  return [...loose, ...found.flat()];
}

/** @param {FileSystemDirectoryEntry} folder @returns {Promise<File[]>} */
async function filesIn(folder) {
  const reader = folder.createReader();
  /** @type {FileSystemEntry[]} */
  const all = [];
  for (let first = true, some = all; first || some.length; first = false) {
    some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // a hundred at a time
    all.push(...some);
  }
  const files = /** @type {FileSystemFileEntry[]} */ (all.filter(({ isFile, name }) => isFile && ENDINGS.test(name)));
  return Promise.all(files.map((entry) => new Promise((/** @type {(file: File) => void} */ resolve, reject) => entry.file(resolve, reject))));
}
