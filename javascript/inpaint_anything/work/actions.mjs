/** What the buttons of the actions send, and what comes back. Pure. */

/**
 * The body of an action's request.
 * @param {{fields: string[], constants?: object, needs?: "mask" | "optional" | "nothing", save?: boolean}} action
 * @param {unknown[]} values  of its fields, in their order; null and "" stand for an empty widget and are left out
 * @param {{image: string, mask: object | string | null, save?: boolean}} given
 * @returns {object}
 */
export function buildBody(action, values, { image, mask, save }) {
  const body = { image, ...nested(action.fields, values) };
  for (const [name, value] of Object.entries(action.constants ?? {})) put(body, name, value);
  if ((action.needs ?? "mask") !== "nothing" && mask) body.mask = mask;
  if (save !== undefined && action.save !== false) body.save = save;
  return body;
}

/**
 * Values by their dotted names: ["options.grow"], [4] gives {options: {grow: 4}}.
 * @param {string[]} names @param {unknown[]} values @returns {object}
 */
export function nested(names, values) {
  const result = {};
  names.forEach((name, index) => {
    const value = values[index];
    if (value !== null && value !== undefined && value !== "") put(result, name, value);
  });
  return result;
}

function put(object, name, value) {
  const steps = name.split(".");
  const last = steps.pop();
  let inner = object;
  for (const step of steps) inner = inner[step] ??= {};
  inner[last] = value;
}

/**
 * The pictures that a finished job gave, whatever its route.
 * @param {{id: string, result: object}} job
 * @returns {{image: string, address: string, mask: string | null, infotext: string, saved: string, note: string, offset: number[] | null}[]}
 *   image: its id on the server; address, mask: where the files are, relative to the API; offset: where the picture before lies in it
 */
export function picturesOf({ id, result }) {
  const address = (file) => (typeof file === "object" && file ? file.url : file && `jobs/${id}/files/${file}`) ?? null;
  const list = result.images ?? [{ ...result, file: result.image }];
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
