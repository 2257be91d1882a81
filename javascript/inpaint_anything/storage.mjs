/**
 * What a reload keeps, in the browser's own storage: one record for each tab of the browser, and the files that it
 * refers to. A tab that has none begins with what was saved last.
 *
 * Nothing here raises: without storage, or when it is full, all works but a reload.
 */

const NAME = "inpaint-anything";
const TAB = "inpaint-anything tab";
const KEPT = 6; // tabs; those that were saved longest ago are forgotten

export class Storage {
  constructor() {
    /** Told once, in words, when nothing can be kept. @type {(error: Error) => void} */
    this.onfailure = () => {};
    this._opening = null;
    this._failed = false;
    this._written = new Set(); // names of files that are stored already
    this._queue = Promise.resolve();
  }

  /**
   * What this tab saved, or else what was saved last.
   * @returns {Promise<{record: object, files: Map<string, Blob>} | null>}
   */
  async load() {
    return this._safely(async () => {
      const [tab, database] = [await this._tab(), await this._open()];
      const records = await all(database, "tabs");
      const saved = records.sort((a, b) => b.time - a.time);
      const record = saved.find((one) => one.tab === tab) ?? saved[0];
      if (!record) return null;
      const files = new Map();
      for (const name of record.files) {
        const file = await done(database.transaction("files").objectStore("files").get([record.tab, name]));
        if (file) files.set(name, file);
      }
      if (record.tab === tab) this._written = new Set(files.keys());
      return { record: record.record, files };
    });
  }

  /**
   * Saves the work of this tab; files that are stored already are not written again.
   * @param {object} record  anything that can be cloned @param {Map<string, Blob>} files  by names that do not change
   * @returns {Promise<void>}
   */
  save(record, files) {
    this._queue = this._queue.then(() => this._safely(() => this._save(record, files)));
    return this._queue;
  }

  async _save(record, files) {
    const [tab, database] = [await this._tab(), await this._open()];
    const old = (await all(database, "tabs")).sort((a, b) => b.time - a.time).filter((one) => one.tab !== tab);
    const transaction = database.transaction(["tabs", "files"], "readwrite");
    const [tabs, stored] = [transaction.objectStore("tabs"), transaction.objectStore("files")];
    for (const { tab: gone } of old.slice(KEPT - 1)) {
      tabs.delete(gone);
      stored.delete(IDBKeyRange.bound([gone], [gone, []]));
    }
    for (const name of this._written) if (!files.has(name)) stored.delete([tab, name]);
    for (const [name, file] of files) if (!this._written.has(name)) stored.put(file, [tab, name]);
    tabs.put({ tab, time: Date.now(), record, files: [...files.keys()] });
    await finished(transaction);
    this._written = new Set(files.keys());
  }

  /** The id of this tab. A tab that was duplicated has that of the first one, which still holds the lock. */
  async _tab() {
    if (this._id) return this._id;
    const before = sessionStorage.getItem(TAB);
    this._id = before && (await hold(before)) ? before : newId();
    if (this._id !== before) {
      sessionStorage.setItem(TAB, this._id);
      await hold(this._id);
    }
    return this._id;
  }

  _open() {
    this._opening ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("tabs", { keyPath: "tab" });
        request.result.createObjectStore("files");
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    return this._opening;
  }

  async _safely(work) {
    try {
      return await work();
    } catch (error) {
      if (!this._failed) this.onfailure(error);
      this._failed = true;
      return null;
    }
  }
}

const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16)).join("");

/** Holds a lock until the tab is closed; whether it was free. Where there are no locks, it is taken to be. */
function hold(id) {
  if (!navigator.locks) return true;
  return new Promise((resolve) => {
    const held = (lock) => {
      resolve(lock !== null);
      return lock && new Promise(() => {});
    };
    navigator.locks.request(`${TAB} ${id}`, { ifAvailable: true }, held).catch(() => resolve(true));
  });
}

const all = (database, store) => done(database.transaction(store).objectStore(store).getAll());

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const finished = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
