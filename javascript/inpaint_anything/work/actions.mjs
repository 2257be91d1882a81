/**
 * What the buttons of the actions send, and what comes back. Pure.
 *
 * @typedef {import("../mask/rle.mjs").Counts} Counts
 * @typedef {{[name: string]: any}} Body  of a request: plain data
 *
 * @typedef {object} Action  as Python describes it
 * @property {string} route @property {string[]} fields  dotted names @property {Body} [constants]
 * @property {"mask" | "optional" | "nothing"} [needs]  of the mask
 * @property {Body | null} [asks]  fields of which one has to be other than it is at first, which this says
 * @property {{[name: string]: number} | null} [suits]  fields that follow the checkpoint, and what they are at first
 * @property {boolean} [adds]  whether the options of the form "removal" are added to what is pointed at
 *
 * @typedef {object} Setup  what Python says of the page
 * @property {{[name: string]: Action}} actions
 * @property {{[form: string]: string[]}} forms  the names of their fields
 * @property {{removal: import("./document.mjs").Options}} [begin]  values
 * @property {{colour?: string, opacity?: number, hover?: boolean, save?: boolean, folder?: boolean}} [settings]  save: results;
 *   folder: whether the server has one to list
 *
 * @typedef {object} Output  a picture that a job gave
 * @property {string} image  its id on the server
 * @property {string} address @property {string | null} mask  where the files are, relative to the API
 * @property {string} infotext @property {string} saved @property {string} note
 * @property {[number, number] | null} offset  where the picture before lies in it
 *
 * @typedef {object} Result  what an action gave, as it is kept
 * @property {string} id @property {string} name  of the picture before @property {string} action
 * @property {number} width @property {number} height
 * @property {string} image @property {string} before  ids of the pictures
 * @property {string} infotext @property {string} saved @property {string} note
 * @property {[number, number]} offset  where the picture before lies in it
 * @property {import("./document.mjs").Origin} [origin]  the picture that was opened at first
 * @property {string | Counts | null} [sent]  the mask, as it was sent
 *
 * @typedef {object} Job  an action that is under way @property {string} id @property {string} action
 * @property {{id: string, name: string, width?: number, height?: number, origin?: import("./document.mjs").Origin}} before
 *   the picture it was given
 * @property {[number, number]} offset  where that lies in what is made of it
 * @property {string | Counts | null} mask  as it was sent
 * @property {import("./document.mjs").Document} [base]  what it is done with when its result has come
 */

/**
 * The body of an action's request.
 * @param {Pick<Action, "fields" | "constants" | "needs">} action
 * @param {unknown[]} values  of its fields, in their order; null and "" stand for an empty widget and are left out
 * @param {{image: string, mask: Counts | string | null, save?: boolean, name?: string}} given  name: for what is saved
 * @returns {Body}
 */
export function buildBody(action, values, { image, mask, save, name }) {
  /** @type {Body} */
  const body = { image, ...nested(action.fields, values) };
  for (const [name, value] of Object.entries(action.constants ?? {})) put(body, name, value);
  if ((action.needs ?? "mask") !== "nothing" && mask) body.mask = mask;
  if (save !== undefined) body.save = save;
  if (save && name) body.name = name;
  return body;
}

/**
 * Values by their dotted names: ["options.grow"], [4] gives {options: {grow: 4}}.
 * @param {string[]} names @param {unknown[]} values @returns {Body}
 */
export function nested(names, values) {
  /** @type {Body} */
  const result = {};
  names.forEach((name, index) => {
    const value = values[index];
    if (value !== null && value !== undefined && value !== "") put(result, name, value);
  });
  return result;
}

/** @param {Body} body @param {string} name  dotted @param {unknown} value */
function put(body, name, value) {
  const steps = name.split(".");
  const last = steps.pop() ?? name;
  let inner = body;
  for (const step of steps) inner = inner[step] ??= {};
  inner[last] = value;
}

/**
 * The picture that was opened at first, as it lies in what an action made of another one.
 * @param {Job["before"]} before  that one @param {[number, number]} offset  where it lies
 * @returns {import("./document.mjs").Origin | undefined} undefined where it is not known how large it was
 */
export function originOf({ id, width, height, origin }, [x, y]) {
  if (origin) return { ...origin, offset: [origin.offset[0] + x, origin.offset[1] + y] };
  return width && height ? { id, width, height, offset: [x, y] } : undefined;
}

/**
 * The picture that an action was given, as it is told of its result.
 * @param {Result} result @returns {Job["before"]}
 */
export function beforeOf({ before: id, name, origin, offset: [x, y] }) {
  if (!origin) return { id, name };
  const { width, height } = origin;
  if (origin.id === id) return { id, name, width, height };
  return { id, name, origin: { ...origin, offset: [origin.offset[0] - x, origin.offset[1] - y] } };
}

/** A result as a picture to go on with. @param {Result} result @returns {import("./document.mjs").Image} */
export const imageOf = ({ image: id, width, height, name, origin }) => ({
  id, width, height, name, ...(origin ? { origin } : {}),
});

/**
 * The pictures that a finished job gave, whatever its route.
 * @param {{id: string, result?: Body}} job @returns {Output[]}
 */
export function picturesOf({ id, result = {} }) {
  const address = (/** @type {any} */ file) =>
    (typeof file === "object" && file ? file.url : file && `jobs/${id}/files/${file}`) ?? null;
  const list = /** @type {Body[]} */ (result.images ?? [{ ...result, file: result.image }]);
  return list.map((one) => ({
    image: one.id,
    address: address(one.file ?? one.image),
    mask: address(one.mask ?? result.mask),
    infotext: one.infotext ?? "",
    saved: one.saved ?? "",
    note: one.note ?? result.note ?? "",
    offset: result.offset ?? null,
  }));
}
