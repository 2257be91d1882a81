/** Not run: the type check (javascript/jsconfig.json) must refuse each of these, or it fails itself. */

import { inside, picturePoint } from "../../javascript/inpaint_anything/mask/picture.mjs";
import { sample, seen } from "../../javascript/inpaint_anything/mask/raster.mjs";
import { blank } from "../../javascript/inpaint_anything/mask/runs.mjs";
import { onScreen, placePoint, toPicture, toPlace, viewOf, zoomAt } from "../../javascript/inpaint_anything/view/geometry.mjs";

const picture = { width: 4, height: 3 };
const view = viewOf(2, 0, 0);

// @ts-expect-error: a point of the place is none of the picture
inside(placePoint(1, 2), picture);
// @ts-expect-error: and the other way round
zoomAt(view, 2, picturePoint(1, 2), picture, picture);
// @ts-expect-error: what is of the picture already
toPicture(view, picturePoint(1, 2));
// @ts-expect-error: what is of the place already
toPlace(view, placePoint(1, 2));
// @ts-expect-error: two numbers alone do not say what they are of
inside({ x: 1, y: 2 }, picture);
// @ts-expect-error: a view in pixels of CSS is none in pixels of the screen
seen([0, 0, 1, 1], view, picture, 0);
// @ts-expect-error: and the other way round
toPlace(onScreen(view, 2), picturePoint(1, 2));

inside(toPicture(view, placePoint(1, 2)), picture);
sample(blank(4, 3), onScreen(view, 2), { left: 0, top: 0, right: 1, bottom: 1 }, new Uint8Array(1), 1);
