/**
 * What the page asks of the program around it. In a WebUI webui/host.mjs has an answer; alone there is nothing to send to.
 *
 * @typedef {{name: string, label: string}} Target  where a picture can be sent
 * @typedef {Target & {told: string}} MaskTarget  and with it what is selected; told: what is said when it was sent
 *
 * @typedef {{prompt: string, negative_prompt: string}} Prompts  that a picture was made from
 *
 * @typedef {object} Files  that are sent
 * @property {Blob} image @property {Blob} [mask] @property {import("../work/pointing.mjs").Pointing} [pointing]
 *
 * @typedef {object} Host
 * @property {boolean} webui  whether there is one
 * @property {() => Target[]} pictureTargets @property {() => MaskTarget[]} maskTargets
 * @property {(target: string, files: Files) => Promise<void>} send
 * @property {() => void} skip  the picture that is being made, and go on with the next one
 * @property {() => boolean} covers  whether something of it lies over the page
 * @property {(open: (source: string | null, prompts: Prompts | null) => unknown) => void} addButtons  that send a picture here
 */

/** @type {Host} */
export const ALONE = {
  webui: false,
  pictureTargets: () => [],
  maskTargets: () => [],
  send: async () => {},
  skip: () => {},
  covers: () => false,
  addButtons: () => {},
};
