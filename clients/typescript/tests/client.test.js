// What the client does, against a server that answers as the API does.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { ApiError, talkingPhoto, unwrap } from "../dist/index.js";

const asked = [];
let server, url;
const event = (number, state) =>
  `id: ${number}\ndata: ${JSON.stringify({ state, status: { progress: number * 10, step: "speak", message: "" } })}\n\n`;

before(async () => {
  let streams = 0;
  server = createServer((request, response) => {
    asked.push({ url: request.url, headers: request.headers });
    if (request.url.endsWith("/events")) {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      // The first connection breaks between two events.
      response.end(streams++ === 0 ? event(1, "processing") : event(2, "processing") + event(3, "completed"));
    } else if (request.url === "/api/v1/workflows") {
      response.writeHead(402, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ error: { code: "insufficient_credits", message: "Buy some.", request_id: "r1" } }));
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

test("a run is followed on where the connection broke, until it ends", async () => {
  const states = [];
  for await (const one of talkingPhoto(url, { apiKey: "tp_1" }).follow("w1")) states.push(one.state);
  assert.deepEqual(states, ["processing", "processing", "completed"]);
  assert.equal(asked[0].headers["x-api-key"], "tp_1");
  assert.equal(asked[1].headers["last-event-id"], "1");
});

test("a refusal is an error with its code and what to quote", async () => {
  const client = talkingPhoto(url, { token: async () => "t1" });
  const body = { input_file_id: "f1", script: "Hi." };
  await assert.rejects(
    async () => unwrap(await client.POST("/api/v1/workflows", { body })),
    (error) => error instanceof ApiError && error.code === "insufficient_credits" && error.requestId === "r1",
  );
  assert.equal(asked.at(-1).headers.authorization, "Bearer t1");
});
