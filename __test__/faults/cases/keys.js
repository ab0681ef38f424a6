/** A host takes another key than ours: it is well, but not for us. */
const shows = { health: /unauthorized/, breaker: /closed/, lastError: /status 401/ };
const restore = ({ victims: [host] }) => host.setKey(host.key);

export const edited = {
  title: "the keys of one of three change while it runs (API_KEYS_FILE), and change back",
  shows,
  inject: ({ victims: [host] }) => host.setKey("another"),
  restore,
};

export const restarted = {
  title: "one of three is killed and comes back with another key, which is mended later",
  shows,
  async inject({ victims: [host] }) {
    await host.end("SIGKILL");
    host.setKey("another");
    await host.start();
  },
  restore,
};
