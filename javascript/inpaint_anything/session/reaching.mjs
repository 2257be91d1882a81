/** Whether the server can be reached: asked from time to time once it could not be, until it can. */

const INTERVAL = 2000; // milliseconds

export class Reaching {
  /** @param {() => Promise<unknown>} ask  anything that it answers @param {() => void} back  it can be reached again */
  constructor(ask, back) {
    this._ask = ask;
    this._back = back;
    this._lost = false;
  }

  /** It could not be reached. */
  lost() {
    if (this._lost) return;
    this._lost = true;
    this._wait();
  }

  _wait() {
    setTimeout(async () => {
      try {
        await this._ask();
      } catch {
        return this._wait();
      }
      this._lost = false;
      this._back();
    }, INTERVAL);
  }
}
