/** Most of the pool dies; what is left carries everything. */
const each = (hosts, change) => Promise.all(hosts.map(change));

export default {
  title: "two of three are killed at once (SIGKILL), and started again",
  victims: 2,
  shows: { health: /unhealthy/, breaker: /open/ },
  inject: ({ victims }) => each(victims, (host) => host.end("SIGKILL")),
  restore: ({ victims }) => each(victims, (host) => host.start()),
};
