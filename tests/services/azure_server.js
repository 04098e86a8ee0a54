// An Azure server for the tests: Azurite, in memory, on a free port of 127.0.0.1, until its standard input ends.
//
// AZURITE_PACKAGE is the directory of the npm package `azurite`. Prints the port; then answers each line of standard input,
// a JSON array [method, path and query, headers], with one line: {"status", "headers", "body"} of that request, which it
// signs. `["_copy", CONTAINER, NEW]` makes the container NEW with the same blobs, times and ETags;
// `["_stored", CONTAINER]` returns all that is stored: pairs of what is known of a blob, and its bytes in hexadecimal;
// `["_forget", CONTAINER]` forgets one, because Azurite looks at every blob of every container for each it is asked for.
//
// It is asked not to look at the version of the protocol: that of Python's client is newer than any it knows.
//
// What Azurite cannot show: `startFrom` of listings (it lists from the beginning), roles and tokens, throttling; those
// are scripted in tests/clouds/azure.
"use strict";
const crypto = require("crypto");
const http = require("http");
const path = require("path");
const readline = require("readline");

const ACCOUNT = "devstoreaccount1";
const KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

const print = process.stdout.write.bind(process.stdout);
let port;
// What Azurite prints itself must not get between the answers.
process.stdout.write = (text) => {
  const listening = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(String(text));
  if (listening && !port) {
    port = Number(listening[1]);
    print(`${port}\n`);
  }
  return true;
};
console.log = (...words) => process.stdout.write(words.join(" "));

process.argv = [
  ...process.argv.slice(0, 2),
  "--blobHost", "127.0.0.1", "--blobPort", "0",
  "--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck", "--silent",
];
// Every request is noted before Azurite answers it.
let requests = [];
const emit = http.Server.prototype.emit;
http.Server.prototype.emit = function (event, request, ...rest) {
  if (event === "request") requests.push(`${request.method} ${decodeURIComponent(request.url)}`);
  return emit.call(this, event, request, ...rest);
};
// Where Azurite keeps what it knows of blobs; their content is kept apart, and shared by copies.
let database;
const Metadata = require(path.join(process.env.AZURITE_PACKAGE, "dist/src/blob/persistence/LokiBlobMetadataStore.js")).default;
const init = Metadata.prototype.init;
Metadata.prototype.init = function () {
  database = this;
  return init.call(this);
};
require(path.join(process.env.AZURITE_PACKAGE, "dist/src/blob/main.js"));

function copy(container, made) {
  const copied = (document, named) => {
    const { $loki, meta, ...rest } = document;
    return { ...rest, properties: { ...rest.properties }, ...named };
  };
  const containers = database.db.getCollection(database.CONTAINERS_COLLECTION);
  const blobs = database.db.getCollection(database.BLOBS_COLLECTION);
  containers.insert(copied(containers.findOne({ name: container }), { name: made }));
  for (const blob of blobs.find({ containerName: container })) blobs.insert(copied(blob, { containerName: made }));
  return 201;
}

function forget(container) {
  database.db.getCollection(database.CONTAINERS_COLLECTION).findAndRemove({ name: container });
  database.db.getCollection(database.BLOBS_COLLECTION).findAndRemove({ containerName: container });
  database.db.getCollection(database.BLOCKS_COLLECTION).findAndRemove({ containerName: container });
  return 202;
}

function signed(method, target, headers) {
  headers = { ...headers, "x-ms-date": new Date().toUTCString(), "x-ms-version": "2023-11-03" };
  const url = new URL(target, `http://127.0.0.1:${port}`);
  const ours = Object.keys(headers).filter((name) => name.startsWith("x-ms-")).sort();
  const query = [...url.searchParams].sort().map(([name, value]) => `\n${name}:${value}`).join("");
  const text =
    `${method}${"\n".repeat(12)}${ours.map((name) => `${name}:${headers[name]}\n`).join("")}/${ACCOUNT}${url.pathname}${query}`;
  const signature = crypto.createHmac("sha256", Buffer.from(KEY, "base64")).update(text).digest("base64");
  return { ...headers, Authorization: `SharedKey ${ACCOUNT}:${signature}` };
}

function ask([method, target, headers], encoding = "utf8") {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, method, path: target, headers: signed(method, target, headers) };
    const request = http.request(options, (response) => {
      const pieces = [];
      response.on("data", (piece) => pieces.push(piece));
      response.on("end", () => {
        const body = Buffer.concat(pieces).toString(encoding);
        resolve({ status: response.statusCode, headers: response.headers, body });
      });
    });
    request.on("error", reject);
    request.end();
  });
}

async function stored(container) {
  const found = [];
  for (const blob of database.db.getCollection(database.BLOBS_COLLECTION).find({ containerName: container })) {
    const target = `/${ACCOUNT}/${container}/${blob.name.split("/").map(encodeURIComponent).join("/")}`;
    const { status, headers, body } = await ask(["GET", target, {}], "hex");
    if (status !== 200) throw new Error(`${target}: ${status}`);
    const { $loki, meta, persistency, ...known } = blob;
    found.push([JSON.stringify([known, headers]), body]);
  }
  return found;
}

async function multiply(target, times) {
  const headers = { "x-ms-blob-type": "BlockBlob", "Content-Length": "0" };
  for (let number = 1; number <= times; number += 1) {
    const { status } = await ask(["PUT", target.replace("00000", String(number).padStart(5, "0")), headers]);
    if (status !== 201) return status;
  }
  return 201;
}

function answer(question) {
  const [what, ...rest] = question;
  if (what === "_multiply") return multiply(...rest);
  if (what === "_copy") return copy(...rest);
  if (what === "_forget") return forget(...rest);
  if (what === "_stored") return stored(...rest);
  if (what !== "_requests") return ask(question);
  const taken = requests.filter((request) => request.includes(rest[0]));
  requests = requests.filter((request) => !request.includes(rest[0]));
  return taken;
}

const lines = readline.createInterface({ input: process.stdin, terminal: false });
lines.on("line", async (line) => print(`${JSON.stringify(await answer(JSON.parse(line)))}\n`));
lines.on("close", () => process.exit(0));
