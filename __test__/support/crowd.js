/** A process that makes a thousand calls at once over the hosts it is given, and says what became of them. */
import { GpuBridge } from "../../index.js";

const bridge = new GpuBridge({ hosts: process.argv.slice(2).map((url) => ({ url })) });
const calls = Array.from({ length: 1000 }, (_, index) => bridge.embed({ texts: [`text ${index}`] }));
const ended = await Promise.allSettled(calls);
const [hosts, served] = [bridge.hosts(), ended.filter(({ status }) => status === "fulfilled").length];
console.log(
  JSON.stringify({
    served,
    failures: hosts.map(({ failures }) => failures),
    health: hosts.map(({ health }) => health),
  }),
);
await bridge.close();
