/** A host stops in the middle of everything: its connections stay open and nothing comes. */
export default {
  title: "one of three hangs (SIGSTOP), and goes on (SIGCONT)",
  shows: { health: /unhealthy/, breaker: /open/, lastError: /did not answer \/health within 5 s/ },
  inject: ({ victims: [host] }) => host.signal("SIGSTOP"),
  restore: ({ victims: [host] }) => host.signal("SIGCONT"),
};
