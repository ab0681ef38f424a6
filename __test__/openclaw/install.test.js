/** What an operator sees without a gateway: an upgrade from 0.2's config, the inspection, and the host's own doctor. */
import test from "ava";
import { installPlugin, PLUGIN } from "../support/gateway.js";
import { manifest } from "../support/openclaw_host.js";
import { ScriptedModel } from "../support/scripted_model.js";

const OLD_NAME = "@elvatis_com/openclaw-gpu-bridge";

const model = await ScriptedModel.start();
const home = await installPlugin(undefined, { config: model.config });
test.after.always(() => {
  home.remove();
  model.stop();
});

test.serial(
  "`doctor --fix` brings a config of 0.1, under 0.2's name for it, into today's form",
  async (t) => {
    const config = home.readConfig();
    const old = { serviceUrl: "http://127.0.0.1:9", apiKey: "k", timeout: 9 };
    home.writeConfig({ ...config, plugins: { ...config.plugins, [OLD_NAME]: old } });
    const refused = await home.openclaw("config", "validate");
    t.not(refused.code, 0);
    const fixed = await home.must("doctor", "--fix", "--non-interactive");
    t.regex(fixed, /Moved the config of "@elvatis_com/);
    const { plugins } = home.readConfig();
    t.false(OLD_NAME in plugins);
    t.deepEqual(plugins.entries[PLUGIN].config, {
      hosts: [{ url: "http://127.0.0.1:9" }],
      apiKey: "k",
      timeout: 9,
    });
    await home.must("config", "validate");
  },
);

test.serial("`plugins inspect --runtime` finds all it was promised, and no fault", async (t) => {
  const { plugin, diagnostics } = await home.must("plugins", "inspect", PLUGIN, "--runtime", "--json");
  t.is(plugin.status, "loaded");
  t.deepEqual(diagnostics, []);
  t.deepEqual(plugin.toolNames.toSorted(), manifest.contracts.tools.toSorted());
});

test.serial("`plugins doctor` finds nothing", async (t) => {
  t.regex(await home.must("plugins", "doctor"), /checks passed/);
});
