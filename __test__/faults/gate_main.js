/**
 * A process between the bridge and a host that spoils the answers to work, as told on its standard input. Questions
 * about the host's health pass, so that the host looks well: the hardest case. Arguments: the gate's port, the host's
 * port.
 */
import { createServer, request } from "node:http";
import { createInterface } from "node:readline";
import { buffer } from "node:stream/consumers";
import { spoilers } from "./spoilers.js";

const [port, behind] = process.argv.slice(2).map(Number);
let spoil = spoilers.none;

createServer(async (question, answer) => {
  try {
    const reply = await forward(question, answer);
    const how = question.method === "POST" ? spoil : spoilers.none;
    how(question.socket, reply);
  } catch {
    question.socket.destroy();
  }
}).listen(port, "127.0.0.1", () => console.log("ready"));

createInterface({ input: process.stdin })
  .on("line", (name) => {
    spoil = spoilers[name];
    console.log(name);
  })
  .on("close", () => process.exit());

/** The host's whole answer: its head as text, and its body. */
function forward(question, answer) {
  const { method, url: path, headers } = question;
  return new Promise((resolve, reject) => {
    const asked = request({ port: behind, method, path, headers: { ...headers, connection: "close" } });
    asked.on("response", async (reply) => resolve({ head: head(reply), body: await buffer(reply) }));
    asked.on("error", reject);
    answer.on("close", () => asked.destroy());
    question.pipe(asked);
  });
}

/** Without the lines that tell a body's length. */
function head({ statusCode, rawHeaders }) {
  const lines = [`HTTP/1.1 ${statusCode} Answer`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (!/^(content-length|transfer-encoding|connection)$/i.test(rawHeaders[at]))
      lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  }
  return lines.join("\r\n");
}
