/** Which hosts a config stands for, one by one. */
import test from "ava";
import { hostsOf, withHosts } from "../dist/bin/config/hosts.js";
import { membersOf } from "../dist/bin/validate/members.js";

test("hosts have the names and keys that the bridge gives them", (t) => {
  const config = {
    apiKey: "all",
    hosts: [{ url: "http://a" }, { url: "http://b", name: "b", apiKey: "own" }],
  };
  t.deepEqual(hostsOf(config), [
    { url: "http://a", name: "gpu-1", apiKey: "all" },
    { url: "http://b", name: "b", apiKey: "own" },
  ]);
  t.deepEqual(hostsOf({ serviceUrl: "http://old" }), [{ url: "http://old", name: "gpu-1" }]);
  t.deepEqual(hostsOf({}), []);
  const [host] = hostsOf(config);
  t.deepEqual(withHosts({ ...config, url: "http://c", timeout: 9 }, [host]), { timeout: 9, hosts: [host] });
});

test("an entry whose hosts DNS names is checked host by host", (t) => {
  const entry = { url: "http://gpus:8765/base", name: "fleet", apiKey: "key", discover: "dns" };
  const names = ["fleet/10.0.0.1:8765", "fleet/[fd00::2]:8765", "fleeting/10.0.0.3:8765", "gpu-2"];
  const snapshots = names.map((name) => ({ name }));
  t.deepEqual(membersOf(entry, snapshots), [
    { url: "http://10.0.0.1:8765/base", name: names[0], apiKey: "key" },
    { url: "http://[fd00::2]:8765/base", name: names[1], apiKey: "key" },
  ]);
  const alone = { url: "http://a", name: "a" };
  t.deepEqual(membersOf(alone, snapshots), [alone]);
  t.throws(() => membersOf({ ...entry, url: "https://gpus" }, snapshots), { message: /list them/ });
});
