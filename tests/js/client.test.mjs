import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../../javascript/inpaint_anything/server/client.mjs";
import { isStale } from "../../javascript/inpaint_anything/server/http.mjs";

const json = (body, status = 200, headers = {}) => new Response(JSON.stringify(body), { status, headers });
const refused = (code, status, headers) => json({ error: `It is ${code}.`, code }, status, headers);

/** A client whose server answers with these, one after the other; functions are called. */
function talk(...answers) {
  const asked = [];
  const fetch = async (url, { method, body, signal }) => {
    signal?.throwIfAborted();
    asked.push(`${method} ${url.pathname.slice(5)}${typeof body === "string" ? ` ${body}` : ""}`);
    const answer = answers.shift();
    if (answer === undefined) throw new Error(`unexpected: ${asked.at(-1)}`);
    return typeof answer === "function" ? answer() : answer;
  };
  return { client: new Client("http://host/api/", { fetch, patience: 3000 }), asked };
}

const away = () => {
  throw new TypeError("Failed to fetch");
};

test("a job's id is told as soon as it is known, and with it the job can be watched by another page", async () => {
  const ids = [];
  const events = () => new Response('event: done\ndata: {"id": "J", "state": "done", "result": {}}\n\n');
  const { client, asked } = talk(json({ id: "J", state: "queued" }, 202), events, events);
  await client.job("erase", {}, { started: (id) => ids.push(id) });
  assert.deepEqual(ids, ["J"]);
  assert.equal((await client.watch("J")).state, "done");
  assert.deepEqual(asked, ["POST erase {}", "GET jobs/J/events", "GET jobs/J/events"]);
  await assert.rejects(talk(refused("unknown_job", 404)).client.watch("J"), { code: "unknown_job" });
});

test("the server's sentence is the error's", async () => {
  const { client } = talk(json({ error: "No.", code: "bad_request", field: "box" }, 422));
  await assert.rejects(client.segment({ image: "A" }), { message: "No.", code: "bad_request", field: "box", status: 422 });
});

test("an answer of a proxy is told in words", async () => {
  const { client } = talk(new Response("<html>", { status: 502 }));
  await assert.rejects(client.models(), { message: "The server answered 502.", status: 502 });
});

test("a server that is away is told as such", async () => {
  const { client } = talk(away);
  await assert.rejects(client.models(), { code: "unreachable" });
});

test("a picture that is gone is sent again, once, and called by its new id from then on", async () => {
  const { client, asked } = talk(refused("unknown_image", 404), json({ id: "NEW" }, 201), json({ area: 1 }), json({ area: 2 }));
  client.findPicture = (id) => (id === "OLD" ? new Blob(["file"]) : undefined);
  assert.deepEqual(await client.segment({ image: "OLD" }), { area: 1 });
  assert.deepEqual(await client.segment({ image: "OLD" }), { area: 2 });
  assert.deepEqual(asked, [
    'POST segment {"image":"OLD","mask_format":"rle"}',
    "POST images",
    'POST segment {"image":"NEW","mask_format":"rle"}',
    'POST segment {"image":"NEW","mask_format":"rle"}',
  ]);
  const again = talk(refused("unknown_image", 404), json({ id: "NEW" }), refused("unknown_image", 404));
  again.client.findPicture = () => new Blob(["file"]);
  await assert.rejects(again.client.segment({ image: "OLD" }), { code: "unknown_image" });
});

test("a busy server is asked again after as long as it says", async () => {
  const { client, asked } = talk(refused("busy", 503, { "Retry-After": "0.05" }), json({ models: [{ name: "sam" }] }));
  const start = performance.now();
  assert.deepEqual(await client.models(), { models: [{ name: "sam" }] });
  assert.equal(asked.length, 2);
  assert.ok(performance.now() - start >= 45);
});

test("a server that stays busy is given up", async () => {
  const { client } = talk(refused("busy", 503, { "Retry-After": "9" }));
  await assert.rejects(client.models(), { code: "busy" });
});

test("a request that was broken off is stale, not an error", async () => {
  const { client } = talk(json({}));
  await assert.rejects(client.segment({ image: "A" }, AbortSignal.abort()), (error) => isStale(error));
});

const events = (...jobs) => new Response(jobs.map((job) => `event: ${job.state}\ndata: ${JSON.stringify(job)}\n\n`).join(""));
const done = { id: "J", state: "done", progress: 1, text: "", result: { id: "P" } };

test("a job is followed by its events", async () => {
  const { client, asked } = talk(json({ id: "J", state: "queued" }, 202), events({ state: "running", progress: 0.5, text: "Filling", preview: 3 }, done));
  const seen = [];
  const job = await client.job("erase", { image: "A" }, { progress: (now) => seen.push(now) });
  assert.deepEqual(job.result, { id: "P" });
  assert.deepEqual(asked, ['POST erase {"image":"A"}', "GET jobs/J/events"]);
  assert.deepEqual(seen[0], { fraction: 0.5, text: "Filling", state: "running", preview: new URL("http://host/api/jobs/J/preview?3") });
});

test("where events break off, the job is looked at", async () => {
  const { client, asked } = talk(json({ id: "J" }), events({ state: "running", progress: 0 }), away, json({ state: "running", progress: 0.2 }), json(done));
  assert.equal((await client.job("erase", {})).state, "done");
  assert.deepEqual(asked.slice(2), ["GET jobs/J", "GET jobs/J", "GET jobs/J"]);
});

test("a job that a restarted server does not know is started again, once", async () => {
  const { client, asked } = talk(json({ id: "J" }), refused("unknown_job", 404), json({ id: "K" }), events({ ...done, id: "K" }));
  assert.equal((await client.job("erase", {})).id, "K");
  assert.deepEqual(asked, ["POST erase {}", "GET jobs/J/events", "POST erase {}", "GET jobs/K/events"]);
  const twice = talk(json({ id: "J" }), refused("unknown_job", 404), json({ id: "K" }), refused("unknown_job", 404));
  await assert.rejects(twice.client.job("erase", {}), { code: "unknown_job" });
});

test("a job that failed says why", async () => {
  const { client } = talk(json({ id: "J" }), events({ state: "failed", error: { error: "No model.", code: "model_unavailable" } }));
  await assert.rejects(client.job("erase", {}), { message: "No model.", code: "model_unavailable" });
});

/** Events of a job that goes on: they do not end by themselves, but with the request for them. */
const goingOn = (stopping) => new Response(new ReadableStream({
  start(stream) {
    stream.enqueue(new TextEncoder().encode('event: running\ndata: {"state":"running","progress":0,"text":""}\n\n'));
    stopping.signal.addEventListener("abort", () => stream.error(stopping.signal.reason));
  },
}));

test("a job is stopped on the server, and followed until it has noticed", async () => {
  const stopping = new AbortController();
  const { client, asked } = talk(json({ id: "J" }), () => goingOn(stopping), json({ state: "running" }), events({ state: "cancelled", progress: 0 }));
  const job = client.job("erase", {}, { signal: stopping.signal, progress: () => stopping.abort() });
  await assert.rejects(job, { code: "stopped" });
  assert.deepEqual(asked.slice(1), ["GET jobs/J/events", "DELETE jobs/J", "GET jobs/J/events"]);
});

test("a job that was done before it could be stopped is dropped, and not asked for any more", async () => {
  for (const answer of [json({ state: "dropped" }), json({ state: "cancelled" }), refused("unknown_job", 404)]) {
    const stopping = new AbortController();
    const { client, asked } = talk(json({ id: "J" }), answer);
    const job = client.job("encode", {}, { signal: stopping.signal, started: () => stopping.abort() });
    await assert.rejects(job, { code: "stopped" });
    assert.deepEqual(asked, ["POST encode {}", "DELETE jobs/J"]);
  }
});

test("a job that came to its end all the same gives what it made", async () => {
  const { client } = talk(json({ state: "running" }), events(done));
  assert.deepEqual((await client.watch("J", { signal: AbortSignal.abort() })).result, { id: "P" });
});

test("a job whose events say that it is not known is not asked for again", async () => {
  const gone = { state: "failed", error: { error: "There is no job of this id.", code: "unknown_job" } };
  const { client, asked } = talk(events(gone));
  await assert.rejects(client.watch("J"), { code: "unknown_job" });
  assert.deepEqual(asked, ["GET jobs/J/events"]);
});

test("events that come in pieces are put together", async () => {
  const pieces = [`event: running\nda`, `ta: {"state":"running","progress":0,"text":"é`, `"}\n`, `\n: still there\n\ndata: ${JSON.stringify(done)}\n\n`];
  const bytes = pieces.map((piece) => new TextEncoder().encode(piece));
  const stream = new ReadableStream({
    start(controller) {
      for (const piece of bytes) controller.enqueue(piece);
      controller.close();
    },
  });
  const { client } = talk(json({ id: "J" }), new Response(stream));
  const texts = [];
  await client.job("erase", {}, { progress: ({ text }) => texts.push(text) });
  assert.deepEqual(texts, ["é", ""]);
});
