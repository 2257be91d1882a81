/**
 * What a reload keeps, in the browser's own storage: one record for each tab of the browser, and the files that it
 * refers to. A tab that has none begins with what was saved last.
 *
 * Both are in IndexedDB. A page that is about to go cannot wait for that: its record is written to sessionStorage
 * besides, which is done at once and holds text alone, and little of it.
 *
 * What was stored and cannot be used is put aside: marked, so that it is not met again, and forgotten in its turn.
 *
 * Nothing here raises: without storage, or when it is full, all works but a reload.
 *
 * @typedef {Map<string, Blob>} Files  by names that do not change
 * @typedef {{tab: string, time: number, record: unknown, aside?: boolean, late?: boolean}} Saved
 * @typedef {{record: import("../work/record.mjs").Record, files: Files, own: boolean}} Kept  own: it is this tab's
 * @typedef {(stored: unknown, files: Files) => import("../work/record.mjs").Record | null} Accept  the record, where what was
 *   stored is one, and all the files are there that it needs
 */

const NAME = "inpaint-anything";
const TAB = "inpaint-anything tab";
const LATE = "inpaint-anything late"; // what was written down as the page went
const KEPT = 6; // tabs; those that were saved longest ago are forgotten

export class Storage {
  constructor() {
    /** Called once, when nothing can be kept. */
    this.onfailure = () => {};
    /** @type {Promise<IDBDatabase> | null} */
    this._opening = null;
    this._failed = false;
    /** The id of this tab, once it is known. */
    this._id = "";
    /** Names of files that are stored already. @type {Set<string>} */
    this._written = new Set();
    this._late = 0; // when something was written down at once
    /** @type {Promise<unknown>} */
    this._queue = Promise.resolve();
  }

  /**
   * What this tab saved, or else what was saved last.
   * @param {Accept} accept @returns {Promise<{kept: Kept | null, aside: boolean}>} aside: something was put there
   */
  async load(accept) {
    let aside = false;
    const kept = await this._safely(async () => {
      const [tab, database] = [await this._tab(), await this._open()];
      this._written = new Set((await filesOf(database, tab)).keys());
      for (const saved of await this._saved(tab)) {
        const files = await filesOf(database, saved.tab);
        const record = accept(saved.record, files);
        if (record) return { record, files, own: saved.tab === tab };
        await this._putAside(saved);
        aside = true;
      }
      return null;
    });
    return { kept, aside };
  }

  /**
   * Saves the work of this tab; files that are stored already are not written again.
   * @param {object} record  anything that can be cloned @param {Files} files @returns {Promise<void>}
   */
  save(record, files) {
    const time = Date.now();
    return this._next(() => this._save(record, files, time));
  }

  /**
   * Saves a file ahead of the record that will refer to it.
   * @param {string} name @param {Blob} file @returns {Promise<void>}
   */
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

  /** @param {() => Promise<void>} work @returns {Promise<void>} */
  _next(work) {
    const done = this._queue.then(() => this._safely(work)).then(() => {});
    this._queue = done;
    return done;
  }

  /** @param {object} record @param {Files} files @param {number} time */
  async _save(record, files, time) {
    const [tab, database] = [await this._tab(), await this._open()];
    const old = (await all(database)).sort((a, b) => b.time - a.time).filter((one) => one.tab !== tab);
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

  /** What can be begun with, what suits best first. @param {string} tab  this one @returns {Promise<Saved[]>} */
  async _saved(tab) {
    const saved = (await all(await this._open())).filter((one) => !one.aside).sort((a, b) => b.time - a.time);
    const [own, others] = [saved.filter((one) => one.tab === tab), saved.filter((one) => one.tab !== tab)];
    const late = writtenLate(tab);
    return late && late.time >= (own[0]?.time ?? 0) ? [late, ...own, ...others] : [...own, ...others];
  }

  /** A tab that goes on without what it had saved is another one: its files are left with that. @param {Saved} saved */
  async _putAside({ late, ...saved }) {
    const transaction = (await this._open()).transaction("tabs", "readwrite");
    transaction.objectStore("tabs").put({ ...saved, tab: late ? newId() : saved.tab, aside: true });
    await finished(transaction);
    if (late) sessionStorage.removeItem(LATE);
    else if (saved.tab === this._id) {
      this._written = new Set();
      await this._rename(newId());
    }
  }

  /** The id of this tab. A tab that was duplicated has that of the first one, which still holds the lock. */
  async _tab() {
    if (this._id) return this._id;
    const before = sessionStorage.getItem(TAB);
    if (before && (await hold(before))) this._id = before;
    else await this._rename(newId());
    return this._id;
  }

  /** @param {string} id */
  async _rename(id) {
    this._id = id;
    sessionStorage.setItem(TAB, id);
    await hold(id);
  }

  /** @returns {Promise<IDBDatabase>} */
  _open() {
    this._opening ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(NAME, 1); // the version is of the stores; that of a record is its own
      request.onupgradeneeded = () => {
        request.result.createObjectStore("tabs", { keyPath: "tab" });
        request.result.createObjectStore("files");
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    return this._opening;
  }

  /** @template Result @param {() => Promise<Result>} work @returns {Promise<Result | null>} null where it failed */
  async _safely(work) {
    try {
      return await work();
    } catch {
      if (!this._failed) this.onfailure();
      this._failed = true;
      return null;
    }
  }
}

const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16)).join("");

/**
 * What this tab wrote down as the page went, if anything; the text as it is where that cannot be read.
 * @param {string} tab @returns {Saved | null}
 */
function writtenLate(tab) {
  const text = sessionStorage.getItem(LATE);
  if (text === null) return null;
  try {
    const late = JSON.parse(text);
    if (typeof late.tab === "string" && typeof late.time === "number") return late.tab === tab ? { ...late, late: true } : null;
  } catch {
    // it is not JSON, or null
  }
  return { tab, time: Date.now(), record: text, late: true };
}

/**
 * Holds a lock until the tab is closed. Where there are no locks, it is taken to be free.
 * @param {string} id @returns {Promise<boolean>} whether it was free
 */
function hold(id) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    const held = (/** @type {Lock | null} */ lock) => {
      resolve(lock !== null);
      return lock && new Promise(() => {});
    };
    navigator.locks.request(`${TAB} ${id}`, { ifAvailable: true }, held).catch(() => resolve(true));
  });
}

/** @param {IDBDatabase} database @returns {Promise<Saved[]>} */
const all = (database) => done(database.transaction("tabs").objectStore("tabs").getAll());

/** The keys of a tab's files. @param {string} tab */
const namesOf = (tab) => IDBKeyRange.bound([tab], [tab, []]);

/** @param {IDBDatabase} database @param {string} tab @returns {Promise<Files>} */
async function filesOf(database, tab) {
  const store = database.transaction("files").objectStore("files");
  const [keys, files] = await Promise.all([done(store.getAllKeys(namesOf(tab))), done(store.getAll(namesOf(tab)))]);
  return new Map(keys.map((key, index) => [/** @type {[string, string]} */ (key)[1], files[index]]));
}

/** @template Result @param {IDBRequest<Result>} request @returns {Promise<Result>} */
const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** @param {IDBTransaction} transaction @returns {Promise<void>} */
const finished = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
