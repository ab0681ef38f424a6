/** What may happen to the link between the bridge and a host. Hosts are on wires here; see `wire.js`. */
const shows = { health: /unhealthy/, breaker: /open/, lastError: /can't be reached|did not answer/ };

export default [
  {
    title: "the link to one of three is cut, and mended",
    shows,
    inject: ({ victims: [host] }) => host.wire.atHost("ip", "link", "set", "eth0", "down"),
    restore: ({ victims: [host] }) => host.wire.atHost("ip", "link", "set", "eth0", "up"),
  },
  {
    title: "one of three hears everything, and nothing it says arrives",
    shows,
    inject: ({ victims: [host] }) => host.wire.atHost("ip", "route", "add", "blackhole", host.wire.ours),
    restore: ({ victims: [host] }) => host.wire.atHost("ip", "route", "del", "blackhole", host.wire.ours),
  },
  {
    title: "the link to one of three carries 256 kbit/s and drops what comes faster",
    inject: ({ victims: [host] }) => host.wire.throttle("256kbit"),
    restore: ({ victims: [host] }) => host.wire.release(),
  },
];
