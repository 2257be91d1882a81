/**
 * What a reload keeps, in the browser's own storage: one record for each tab of the browser, and the files that it
 * refers to. A tab that has none begins with what was saved last.
 *
 * Both are in IndexedDB. A page that is about to go cannot wait for that: its record is written to sessionStorage
 * besides, which is done at once and holds text alone, and little of it.
 *
 * Nothing here raises: without storage, or when it is full, all works but a reload.
 */

const NAME = "inpaint-anything";
const TAB = "inpaint-anything tab";
const LATE = "inpaint-anything late"; // what was written down as the page went
const KEPT = 6; // tabs; those that were saved longest ago are forgotten

export class Storage {
  constructor() {
    /** Told once, in words, when nothing can be kept. @type {(error: Error) => void} */
    this.onfailure = () => {};
    this._opening = null;
    this._failed = false;
    this._written = new Set(); // names of files that are stored already
    this._late = 0; // when something was written down at once
    this._queue = Promise.resolve();
  }

  /**
   * What this tab saved, or else what was saved last.
   * @param {(record: object, files: Map<string, Blob>) => boolean} whole  whether all is there that a record needs
   * @returns {Promise<{record: object, files: Map<string, Blob>, own: boolean} | null>} own: it is this tab's
   */
  async load(whole) {
    return this._safely(async () => {
      const [tab, database] = [await this._tab(), await this._open()];
      const saved = (await all(database, "tabs")).sort((a, b) => b.time - a.time);
      const mine = saved.find((one) => one.tab === tab);
      const files = await filesOf(database, tab);
      this._written = new Set(files.keys());
      const late = JSON.parse(sessionStorage.getItem(LATE));
      if (late?.tab === tab && late.time >= (mine?.time ?? 0) && whole(late.record, files)) {
        return { record: late.record, files, own: true };
      }
      if (mine) return { record: mine.record, files, own: true };
      return saved.length ? { record: saved[0].record, files: await filesOf(database, saved[0].tab), own: false } : null;
    });
  }

  /**
   * Saves the work of this tab; files that are stored already are not written again.
   * @param {object} record  anything that can be cloned @param {Map<string, Blob>} files  by names that do not change
   * @returns {Promise<void>}
   */
  save(record, files) {
    const time = Date.now();
    return this._next(() => this._save(record, files, time));
  }

  /** Saves a file ahead of the record that will refer to it. @param {string} name @param {Blob} file @returns {Promise<void>} */
  saveFile(name, file) {
    return this._next(async () => {
      const [tab, database] = [await this._tab(), await this._open()];
      const transaction = database.transaction("files", "readwrite");
      transaction.objectStore("files").put(file, [tab, name]);
      await finished(transaction);
      this._written.add(name);
    });
  }

  /**
   * Writes down at once what there may be no time to save.
   * @param {Iterable<object>} records  as of `save`, but plain data; the first one that there is room for
   */
  saveNow(records) {
    this._late = Date.now();
    try {
      sessionStorage.removeItem(LATE);
    } catch {
      return;
    }
    for (const record of records) {
      try {
        return sessionStorage.setItem(LATE, JSON.stringify({ tab: this._id, time: this._late, record }));
      } catch {
        continue; // it is too large
      }
    }
  }

  _next(work) {
    this._queue = this._queue.then(() => this._safely(work));
    return this._queue;
  }

  async _save(record, files, time) {
    const [tab, database] = [await this._tab(), await this._open()];
    const old = (await all(database, "tabs")).sort((a, b) => b.time - a.time).filter((one) => one.tab !== tab);
    const transaction = database.transaction(["tabs", "files"], "readwrite");
    const [tabs, stored] = [transaction.objectStore("tabs"), transaction.objectStore("files")];
    for (const { tab: gone } of old.slice(KEPT - 1)) {
      tabs.delete(gone);
      stored.delete(namesOf(gone));
    }
    for (const name of this._written) if (!files.has(name)) stored.delete([tab, name]);
    for (const [name, file] of files) if (!this._written.has(name)) stored.put(file, [tab, name]);
    tabs.put({ tab, time, record });
    await finished(transaction);
    if (this._late <= time) sessionStorage.removeItem(LATE);
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

/** The keys of a tab's files. */
const namesOf = (tab) => IDBKeyRange.bound([tab], [tab, []]);

async function filesOf(database, tab) {
  const store = database.transaction("files").objectStore("files");
  const [keys, files] = await Promise.all([done(store.getAllKeys(namesOf(tab))), done(store.getAll(namesOf(tab)))]);
  return new Map(keys.map(([, name], index) => [name, files[index]]));
}

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
